/** Events as they happen, pushed by the program. */
import { Unanswered, probe } from "./api.js";
import { answered, troubled, unanswered } from "./connection.js";

/** Milliseconds until we try again after the second refusal in a row, and at most. */
const PAUSE = 1000;
const LONGEST = 30_000;

let refusals = 0;

/**
 * Follow the events.  After a break the browser comes back by itself, and the program tells what happened meanwhile.
 *
 * @param lost called with how many events were missed, null for as many as nobody knows.
 */
export function follow(show, lost) {
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => {
    refusals = 0;
    answered();
  });
  source.addEventListener("message", (message) => show(JSON.parse(message.data)));
  source.addEventListener("lost", (message) => lost(JSON.parse(message.data)?.count ?? null));
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) again(show, lost);
    else unanswered();
  });
}

/** Begin anew, at once if that was the first refusal, then less and less often. */
function again(show, lost) {
  setTimeout(begin, refusals && Math.min(PAUSE * 2 ** (refusals - 1), LONGEST), show, lost);
  refusals += 1;
}

/** Begin anew after a refusal, as soon as there is none; the browser does not tell why it was refused, so we ask. */
async function begin(show, lost) {
  try {
    await probe("events");
    troubled(null);
    follow(show, lost);
  } catch (error) {
    troubled(error instanceof Unanswered ? null : error);
    again(show, lost);
  }
}
