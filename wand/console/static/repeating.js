/** What is asked again and again, as long as somebody looks. */
import { Unanswered } from "./api.js";
import { troubled } from "./connection.js";

const LONGEST = 10_000;

/**
 * Call something every few seconds (or however many it returns), and sooner after the connection came back or the page is looked at again.  After
 * a failure it is called again at once, then less and less often.
 *
 * @returns what calls it now.
 */
export function repeatedly(call, seconds) {
  let timer, pause, failures = 0, running = false, again = false;

  async function now() {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      pause = 1000 * ((await call()) ?? seconds);
      failures = 0;
      troubled(null);
    } catch (error) {
      failures += 1;
      pause = Math.min(500 * 2 ** failures, LONGEST);
      troubled(error instanceof Unanswered ? null : error);
    }
    running = false;
    timer = setTimeout(now, again ? 0 : pause);
    again = false;
    if (document.hidden) clearTimeout(timer);
  }

  document.addEventListener("visibilitychange", () => document.hidden || now());
  document.addEventListener("wand-back", () => failures && now());
  now();
  return now;
}
