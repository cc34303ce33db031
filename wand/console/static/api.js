/** The program's documents and actions, over its JSON interface. */
import { answered, unanswered } from "./connection.js";

const PATIENCE = 10_000;

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** May whoever is logged in change anything? */
export const mayChange = meta("wand-role") === "operator";

/** The program refused, and says why. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** There was no answer. */
export class Unanswered extends Error {}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE), cache: "no-store" });
  } catch {
    unanswered();
    throw new Unanswered("the program does not answer");
  }
  if (response.status === 401) {
    location.assign("/login");
    throw new Refused(401, "this session is over");
  }
  if (response.status >= 502) {
    unanswered();
    throw new Unanswered("the program does not answer");
  }
  answered();
  const document = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refused(response.status, document.error ?? `refused (${response.status})`);
  return document;
}

/** A document: what `wand NAME --json` prints; with what restricts it. */
export function get(name, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const asked = new URLSearchParams(given).toString();
  return ask(`/api/v1/${name}${asked && `?${asked}`}`, {});
}

/** Change something. */
export function post(name, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Wand-CSRF": meta("wand-csrf") };
  return ask(`/api/v1/${name}`, { method: "POST", headers, body: JSON.stringify(body) });
}
