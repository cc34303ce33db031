/** Events as they happen, pushed by the program. */
import { get } from "./api.js";
import { answered, unanswered } from "./connection.js";

const PAUSE = 2000;

/**
 * Follow the events.  After a break the browser comes back by itself, and the program tells what happened meanwhile.
 *
 * @param lost called with how many events were missed, null for as many as nobody knows.
 */
export function follow(show, lost) {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", answered);
  source.addEventListener("message", (message) => show(JSON.parse(message.data)));
  source.addEventListener("lost", (message) => lost(JSON.parse(message.data)?.count ?? null));
  source.addEventListener("error", () => {
    unanswered();
    if (source.readyState === EventSource.CLOSED) setTimeout(begin, PAUSE, show, lost);
  });
}

/** Begin anew after a refusal, unless somebody has to log in first: then asking for a document leads there. */
async function begin(show, lost) {
  await get("status").catch(() => {});
  follow(show, lost);
}
