/** The program's documents and actions, over its JSON interface. */
import { answered, unanswered } from "./connection.js";
import { dated } from "./time.js";

const PATIENCE = 15_000;

/** How many items of a list are asked for at once. */
const PART = 1000;

const meta = (name) => document.querySelector(`meta[name="${name}"]`)?.content ?? "";

/** May whoever is logged in change anything? */
export const mayChange = meta("wand-role") === "operator";

/** The program refused, and says why. */
class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** There was no answer; the page says so already. */
export class Unanswered extends Error {}

/** Call; returns the answer, whose content is not read yet, or throws if it is a refusal or none. */
async function call(path, options) {
  let response;
  try {
    response = await fetch(path, { signal: AbortSignal.timeout(PATIENCE), ...options, cache: "no-store" });
  } catch {
    unanswered();
    throw new Unanswered("the program does not answer");
  }
  if (response.status === 401) {
    sessionStorage.setItem("wand-ended", "1");
    location.reload(); // which leads to the login, and from there back to this page
    throw new Refused(401, "this session is over");
  }
  if (response.status === 502) {
    unanswered();
    throw new Unanswered("the program does not answer");
  }
  answered();
  dated(response.headers.get("date"));
  if (response.ok) return response;
  const { error, hint } = await response.json().catch(() => ({}));
  throw new Refused(response.status, [error ?? `refused (${response.status})`, hint].filter(Boolean).join(": "));
}

async function ask(path, options) {
  const response = await call(path, options);
  const document = await response.json().catch(() => ({}));
  return { document, next: response.headers.get("link")?.match(/<([^>]*)>; rel="next"/)?.[1] };
}

/** See whether an answer that goes on would begin, and end it then; throws if it is refused, or does not begin. */
export async function probe(name) {
  const ending = new AbortController();
  const late = setTimeout(() => ending.abort(), PATIENCE);
  try {
    await call(`/api/v1/${name}`, { signal: ending.signal });
  } finally {
    clearTimeout(late);
    ending.abort();
  }
}

/** A document: what `wand NAME --json` prints. */
export async function get(name, query = {}) {
  const asked = new URLSearchParams(query).toString();
  return (await ask(`/api/v1/${name}${asked && `?${asked}`}`, {})).document;
}

/** A list: all of it, in parts. */
export async function getAll(name) {
  const found = [];
  let next = `?limit=${PART}`;
  while (next) {
    const part = await ask(`/api/v1/${name}${next}`, {});
    found.push(...part.document);
    next = part.next;
  }
  return found;
}

/** What is told to those who ask for something that this program does not have. */
export const NOT_SUPPORTED = 501;

/** Change something. */
export async function post(name, body = {}) {
  const headers = { "Content-Type": "application/json", "X-Wand-CSRF": meta("wand-csrf") };
  return (await ask(`/api/v1/${name}`, { method: "POST", headers, body: JSON.stringify(body) })).document;
}
