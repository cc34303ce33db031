/** What is asked again and again, as long as somebody looks. */

const LONGEST = 10_000;

/**
 * Call something every few seconds, and sooner after the connection came back or the page is looked at again.  After
 * a failure it is called again at once, then less and less often.
 *
 * @returns what calls it now.
 */
export function repeatedly(call, seconds) {
  let timer, failures = 0, running = false, again = false;

  async function now() {
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      await call();
      failures = 0;
    } catch (error) {
      failures += 1;
      console.debug(error);
    }
    running = false;
    const pause = failures ? Math.min(500 * 2 ** failures, LONGEST) : seconds * 1000;
    timer = setTimeout(now, again ? 0 : pause);
    again = false;
    if (document.hidden) clearTimeout(timer);
  }

  document.addEventListener("visibilitychange", () => document.hidden || now());
  document.addEventListener("wand-back", () => failures && now());
  now();
  return now;
}
