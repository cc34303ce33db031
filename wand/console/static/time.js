/** What time it is where the program runs: the clock of a browser may be wrong. */

/** By how many seconds clocks differ before anybody minds: answers tell whole seconds, and are on their way for a while. */
const TOLERANCE = 3;

let difference = 0;

/** An answer says when it was written. */
export function dated(text) {
  const found = (Date.parse(text) + 500 - Date.now()) / 1000;
  difference = Math.abs(found) > TOLERANCE ? found : 0;
}

/** Seconds since the epoch, by the program's clock. */
export const now = () => Date.now() / 1000 + difference;
