/** The figures of the overview: what grows, as lines over the last minutes. */
import { make, put } from "./dom.js";
import { number, octets, rate } from "./format.js";
import { Rates } from "./rates.js";
import { LENGTH, sparkline } from "./sparkline.js";

const perSecond = (value) => `${value >= 10 || value === 0 ? number(Math.round(value)) : value.toFixed(1)}/s`;

const sum = (...names) => (counts) => names.reduce((whole, name) => whole + (counts.get(name) ?? 0), 0);

/** All drops, for whatever reason. */
const drops = (counts) => [...counts].reduce((whole, [name, value]) => (name.startsWith("drop-") ? whole + value : whole), 0);

/** What there is to see, of whatever the program counts: a title, the count, how a rate and a sum are said. */
const FIGURES = [
  { title: "From the network", needs: "tap-written-bytes", count: sum("tap-written-bytes"), rate, total: octets },
  { title: "To the network", needs: "tap-read-bytes", count: sum("tap-read-bytes"), rate, total: octets },
  { title: "Frames, both ways", needs: "tap-read-frames", count: sum("tap-read-frames", "tap-written-frames"), rate: perSecond, total: number },
  { title: "Datagrams, both ways", needs: "udp-received-datagrams", count: sum("udp-received-datagrams", "udp-sent-datagrams"), rate: perSecond, total: number },
  { title: "Control messages", needs: "control-received", isServer: true, count: sum("control-received"), rate: perSecond, total: number },
  { title: "Relayed for others", needs: "relay-octets", count: sum("relay-octets"), rate, total: octets },
  { title: "Dropped", count: drops, rate: perSecond, total: number, kind: "drops" },
];

export class Figures {
  #rates = new Rates();
  #lines = new Map();

  /** Take what the counters are now, and show how they went. */
  show(place, counters, role) {
    const counts = new Map(counters.map((each) => [each.name, each.value]));
    const shown = FIGURES.filter((each) => (!each.needs || counts.has(each.needs)) && (!each.isServer || role === "server"));
    const rates = this.#rates.take(performance.now() / 1000, shown.map((each) => [each.title, each.count(counts)]));
    if (rates) {
      for (const [title, value] of rates) this.#lines.set(title, [...(this.#lines.get(title) ?? []), value].slice(-LENGTH));
    }
    put(place, shown.map((each) => card(each, this.#lines.get(each.title) ?? [], each.count(counts))));
  }
}

function card(figure, values, total) {
  return make(
    "div",
    { class: `figure ${figure.kind ?? ""}` },
    make("h3", {}, figure.title),
    make("strong", {}, figure.rate(values.at(-1) ?? 0)),
    sparkline(values),
    make("p", { class: "soft" }, `at most ${figure.rate(Math.max(0, ...values))} · ${figure.total(total)} in all`),
  );
}
