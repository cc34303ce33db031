/** How fast counters grow, out of one reading after another. */

/** The rates of many counters; what began anew, or is new, counts as zero. */
export class Rates {
  #time = null;
  #values = new Map();

  /**
   * Take a reading.
   *
   * @param time in seconds.
   * @param values pairs of names and counts.
   * @returns by how much each grew in a second; null for the first reading.
   */
  take(time, values) {
    const now = new Map(values);
    const seconds = this.#time === null ? 0 : time - this.#time;
    const rates = seconds > 0 ? new Map([...now].map(([name, value]) => [name, this.#rate(name, value, seconds)])) : null;
    this.#time = time;
    this.#values = now;
    return rates;
  }

  #rate(name, value, seconds) {
    const before = this.#values.get(name) ?? value;
    return value < before ? 0 : (value - before) / seconds;
  }
}
