// Jobs and health: what waits, what failed and why, what the doctor says.

import { all, change, get } from "../core/api.js";
import { define, fill, h } from "../core/element.js";
import { to } from "../core/router.js";
import { Screen } from "../core/screen.js";
import { may } from "../core/session.js";
import { lasting, number, T, time } from "../core/texts.js";
import { toast } from "../elements/announcer.js";
import { attempt } from "../elements/failure.js";
import { pictureTile } from "../elements/picture-tile.js";
import { stateBadge } from "../elements/state-badge.js";

const EVERY = 15_000;
const MOST = 200;
const PICTURES = 3;

class JobsScreen extends Screen {
  #queues = h("section", { class: "panel" });
  #failed = h("section", { class: "panel" });
  #doctor = h("section", { class: "panel" });

  async show() {
    const status = await get("/v1/status", { signal: this.signal });
    fill(this.#doctor, h("h2", {}, T.jobs.doctor), h("p", { class: "quiet", role: "status" }, T.loading));
    fill(this, h("h1", {}, T.screens.jobs), this.#queues, this.#failed, this.#doctor);
    this.#showQueues(status);
    await Promise.all([this.#showFailed(), this.#showDoctor()]);
    const timer = setInterval(() => {
      if (!document.hidden) attempt(async () => this.#showQueues(await get("/v1/status", { signal: this.signal })));
    }, EVERY);
    this.signal.addEventListener("abort", () => clearInterval(timer));
  }

  /** @param {any} status */
  #showQueues(status) {
    const columns = T.jobs.columns;
    const rows = Object.entries(status.queue).map(([kind, depth]) =>
      h(
        "tr",
        {},
        h("td", {}, T.jobs.kinds[kind] ?? kind),
        h("td", { class: "number" }, number(depth.waiting)),
        h("td", { class: "number" }, number(depth.in_hand)),
        h("td", { class: "number" }, depth.failed ? stateBadge("failed", number(depth.failed)) : "0"),
        h("td", { class: "number" }, depth.waiting ? lasting(depth.oldest_seconds) : T.nothing),
      ),
    );
    const head = h(
      "tr",
      {},
      h("th", { scope: "col" }, columns.kind),
      [columns.waiting, columns.inHand, columns.failed, columns.oldest].map((name) =>
        h("th", { class: "number", scope: "col" }, name),
      ),
    );
    const table = h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": T.jobs.queues },
      h("table", {}, h("thead", {}, head), h("tbody", {}, rows)),
    );
    fill(this.#queues, h("h2", {}, T.jobs.queues), rows.length ? table : h("p", { class: "quiet" }, T.jobs.idle));
  }

  async #showFailed() {
    const jobs = await all("/v1/jobs", { query: { state: "failed" }, most: MOST, signal: this.signal });
    const retry =
      may("admin") &&
      jobs.length > 0 &&
      h("button", { type: "button", class: "main", onclick: () => this.#retry() }, T.jobs.retryAll);
    const list = h(
      "ul",
      { class: "failed-jobs" },
      jobs.map((job) => this.#job(job)),
    );
    const head = h("div", { class: "head" }, h("h2", {}, T.jobs.failed), retry);
    fill(this.#failed, head, jobs.length ? list : h("p", { class: "quiet" }, T.jobs.none));
  }

  /** @param {any} job */
  #job(job) {
    const pictures = h("div", { class: "job-pictures" });
    for (const id of job.images.slice(0, PICTURES)) this.#addPicture(pictures, id);
    return h(
      "li",
      {},
      pictures,
      h(
        "div",
        {},
        h("p", {}, stateBadge("failed"), ` ${job.failure?.detail ?? ""}`),
        h(
          "p",
          { class: "quiet" },
          `${T.jobs.kinds[job.kind] ?? job.kind} · ${T.jobs.attempts(job.attempts)} · ${T.jobs.since(time(job.since))}`,
        ),
      ),
    );
  }

  /** A picture that is gone meanwhile is left out. @param {HTMLElement} place @param {number} id */
  async #addPicture(place, id) {
    const image = await get(`/v1/images/${id}`, { signal: this.signal }).catch(() => null);
    if (image) place.append(h("a", { href: to("/images/{id}", { id }), title: image.product.sku }, pictureTile(image)));
  }

  #retry() {
    return attempt(async () => {
      const { value } = await change("POST", "/v1/jobs/retry", { body: {} });
      toast(T.start.retried(value.retried), { sent: { method: "POST", path: "/v1/jobs/retry", body: {} } });
      await this.#showFailed();
    });
  }

  async #showDoctor() {
    if (!may("admin")) {
      fill(this.#doctor, h("h2", {}, T.jobs.doctor), h("p", { class: "quiet" }, T.jobs.doctorOnly));
      return;
    }
    const found = await get("/v1/doctor", { signal: this.signal });
    const checks = found.checks.map((/** @type {any} */ check) =>
      h(
        "li",
        {},
        stateBadge(check.ok ? "ok" : "failed", check.ok ? undefined : T.jobs.wrong),
        h(
          "div",
          {},
          h("strong", {}, check.name),
          ` ${check.detail}`,
          check.remedy && h("p", {}, `${T.jobs.remedy}: ${check.remedy}`),
        ),
      ),
    );
    const warnings = found.warnings.map((/** @type {string} */ text) => h("li", {}, text));
    const limits = Object.entries(found.limits).flatMap(([name, value]) => [
      h("dt", {}, h("code", {}, name)),
      h("dd", {}, String(value ?? T.nothing)),
    ]);
    fill(
      this.#doctor,
      h("h2", {}, T.jobs.doctor),
      h("ul", { class: "list checks" }, checks),
      warnings.length > 0 && [h("h3", {}, T.jobs.warnings), h("ul", { class: "bullets" }, warnings)],
      h("details", {}, h("summary", {}, T.jobs.limits), h("dl", { class: "facts limits" }, limits)),
    );
  }
}

define("jobs-screen", JobsScreen);
