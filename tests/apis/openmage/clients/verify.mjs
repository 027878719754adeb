// Says whether a delivery on standard input, {secret, headers, body}, is one of ours, as a receiver in JavaScript does.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
try {
  console.log(new Webhook(secret).verify(body, headers).type);
} catch (error) {
  console.log(error.constructor.name);
}
