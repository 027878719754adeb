"use strict";

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

const credentials = document.getElementById("credentials").elements;

/** The header that a security scheme asks for, where its credentials were typed in. */
const credential = (scheme) => {
  if (scheme.type === "apiKey" && scheme.in === "header" && credentials.key.value)
    return [scheme.name, credentials.key.value];
  if (scheme.scheme === "bearer" && credentials.key.value)
    return ["Authorization", `Bearer ${credentials.key.value}`];
  if (scheme.scheme === "OAuth" && credentials.consumer.value) {
    const escaped = (name) => encodeURIComponent(credentials[name].value);
    const parts = {
      oauth_consumer_key: escaped("consumer"),
      oauth_token: escaped("token"),
      oauth_signature_method: "PLAINTEXT",
      oauth_signature: encodeURIComponent(`${escaped("consumer_secret")}&${escaped("token_secret")}`),
    };
    return ["Authorization", "OAuth " + Object.entries(parts).map(([name, value]) => `${name}="${value}"`).join(", ")];
  }
  return null;
};

const field = (parameter) => {
  const input = make("input", { value: parameter.required ? parameter.example : "", placeholder: parameter.example });
  const told = make("small", { textContent: `${parameter.description} (${parameter.in})` });
  return { parameter, input, label: make("label", {}, parameter.name, input, told) };
};

/** What a body may hold: an example where there is one, else the fields that it must have. */
const sample = (content, components) => {
  if (typeof content.example === "string") return content.example;
  if (content.example) return JSON.stringify(content.example, null, 2);
  const schema = content.schema.$ref ? components.schemas[content.schema.$ref.split("/").pop()] : content.schema;
  const entry = ([name, value]) => [name, value.type === "object" ? {} : value.enum?.[0] ?? null];
  return schema.type === "object" ? JSON.stringify(Object.fromEntries(Object.entries(schema.properties ?? {}).map(entry)), null, 2) : "";
};

const bodyOf = (operation, components) => {
  const content = operation.requestBody?.content;
  if (!content) return null;
  const type = make("select", {}, ...Object.keys(content).filter((name) => !name.startsWith("multipart/")).map((name) => make("option", { textContent: name })));
  const text = make("textarea", { spellcheck: false });
  const file = make("input", { type: "file", accept: "image/*" });
  const fill = () => { text.value = sample(content[type.value], components); };
  type.addEventListener("change", fill);
  type.value = "application/json" in content ? "application/json" : Object.keys(content)[0];
  fill();
  const takesFile = "multipart/form-data" in content;
  const parts = [make("label", {}, "Content-Type", type), make("label", {}, "Body", text)];
  if (takesFile) parts.push(make("label", {}, "or a file, sent as a form", file));
  return { type, text, file, element: make("div", {}, ...parts) };
};

const request = (method, path, operation, fields, body, components) => {
  const headers = {}, query = new URLSearchParams();
  let url = path;
  for (const { parameter, input } of fields) {
    if (parameter.in === "path") url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    else if (input.value === "") continue;
    else if (parameter.in === "query") query.set(parameter.name, input.value);
    else headers[parameter.name] = input.value;
  }
  for (const required of operation.security ?? [])
    for (const name of Object.keys(required)) {
      const given = credential(components.securitySchemes[name]);
      if (given) headers[given[0]] = given[1];
    }
  let content;
  if (body?.file.files.length) {
    content = new FormData();
    content.set("image[attachment]", body.file.files[0]);
  } else if (body) {
    headers["Content-Type"] = body.type.value;
    content = body.text.value;
  }
  return [query.size ? `${url}?${query}` : url, { method: method.toUpperCase(), headers, body: content }];
};

const show = async (answer, result) => {
  const type = answer.headers.get("Content-Type") ?? "";
  const head = [`${answer.status} ${answer.statusText}`, ...[...answer.headers].map(([name, value]) => `${name}: ${value}`)];
  result.replaceChildren(make("pre", { textContent: head.join("\n") }));
  if (type.startsWith("image/")) {
    result.append(make("img", { src: URL.createObjectURL(await answer.blob()), alt: "The answer" }));
    return;
  }
  let text = await answer.text();
  if (type.includes("json")) try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
  if (text) result.append(make("pre", { textContent: text }));
};

/** What a page may not send by itself, since a browser keeps a preflight's headers to itself, for a shell. */
const shell = (method, path, operation, fields) => {
  const [url, { headers }] = request(method, path, operation, fields, null, {});
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const given = Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  return ["curl -i -X", method.toUpperCase(), ...given, quoted(location.origin + url)].join(" ");
};

const operationOf = (method, path, operation, components) => {
  const fields = operation.parameters.map(field);
  const body = bodyOf(operation, components);
  const result = make("div");
  const send = make("button", { textContent: "Send", type: "button" });
  if (method === "options") send.textContent = "Show as curl";
  send.addEventListener("click", async () => {
    result.replaceChildren("…");
    if (method === "options") {
      result.replaceChildren(make("pre", { textContent: shell(method, path, operation, fields) }));
      return;
    }
    try {
      await show(await fetch(...request(method, path, operation, fields, body, components)), result);
    } catch (error) {
      result.replaceChildren(make("pre", { textContent: String(error) }));
    }
  });
  const answers = Object.entries(operation.responses).map(([status, answer]) =>
    make("tr", {}, make("td", { textContent: status }), make("td", { textContent: answer.description })));
  const title = make("summary", {}, make("b", { textContent: method }), make("code", { textContent: path }), " ",
    make("span", { textContent: operation.summary }));
  return make("details", {}, title, ...fields.map(({ label }) => label), ...(body ? [body.element] : []), send, result,
    make("table", {}, ...answers));
};

const start = async () => {
  const api = await (await fetch("/openapi.json")).json();
  document.getElementById("about").textContent = api.info.description;
  const sections = api.tags.map((tag) => {
    const section = make("section", { id: tag.name }, make("h2", { textContent: tag.name }), make("p", { textContent: tag.description }));
    for (const [path, operations] of Object.entries(api.paths))
      for (const [method, operation] of Object.entries(operations))
        if (operation.tags.includes(tag.name)) section.append(operationOf(method, path, operation, api.components));
    return section;
  });
  const contents = make("nav", {}, ...api.tags.map(({ name }) => make("a", { textContent: name, href: `#${name}` })));
  document.getElementById("operations").replaceChildren(contents, ...sections);
};

start();
