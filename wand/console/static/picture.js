/** The picture of the network: this host in the middle, the others around it, and the ways to them. */
import { draw, put } from "./dom.js";
import { many, milliseconds, number, rate, wayText } from "./format.js";
import { places } from "./places.js";

/** Up to so many have their name below them, and what there is to say of them. */
const NAMED = 16;
const SHORTLY_NAMED = 44;

/** Up to so many ways show how much they carry. */
const FLOWS = 60;

/** Narrower than this, in pixels, there is room for few words. */
const NARROW = 400;

/** Up to this size an outline of dashes would be a blot. */
const SMALL = 6;

const NAME_MAXIMUM = 18;

const shortened = (name) => (name.length <= NAME_MAXIMUM ? name : `${name.slice(0, NAME_MAXIMUM - 1)}…`);

/** What there is to say of a member, in words. */
export function inWords(member) {
  if (!member.online) return "offline";
  return [wayText(member.way, member.relay) || "online", milliseconds(member.roundTrip)].filter(Boolean).join(" · ");
}

/** The same beside a line that shows over which relay the way goes, and with little room which way it is. */
function shortly(member, isNarrow) {
  if (!member.online) return "offline";
  const time = milliseconds(member.roundTrip);
  return isNarrow && time ? time : [member.way || "online", time].filter(Boolean).join(" · ");
}

const traffic = (member) => member.in + member.out;

export const rates = (member) => (traffic(member) >= 1 ? `↓ ${rate(member.in)}  ↑ ${rate(member.out)}` : "");

/** A picture that follows the network: those who stay are moved, not drawn anew. */
export class Picture {
  #place;
  #svg = draw("svg", { role: "img", "aria-labelledby": "drawn" });
  #title = draw("title", { id: "drawn" });
  #ways = draw("g", { class: "ways" });
  #dots = draw("g");
  #here = new Dot("this");
  #drawn = new Map();
  #network = null;

  constructor(place) {
    this.#place = place;
    this.#svg.append(this.#title, this.#ways, this.#dots, this.#here.group);
    put(place, this.#svg);
    new ResizeObserver(() => this.#network && this.show(this.#network)).observe(place);
  }

  /** Draw the network as it is now. */
  show(network) {
    this.#network = network;
    const { clientWidth: width, clientHeight: height } = this.#place;
    const { members, here } = network;
    this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    put(this.#title, this.#said(network));
    const centre = [width / 2, height / 2];
    const spread = [width / 2 - Math.min(82, width / 6), height / 2 - 72];
    const at = places(members.length).map(([x, y]) => [centre[0] + x * spread[0], centre[1] + y * spread[1]]);
    const byName = new Map(members.map((member, index) => [member.name, at[index]]));
    const busy = new Set([...members].sort((a, b) => traffic(b) - traffic(a)).slice(0, FLOWS).filter((m) => traffic(m) >= 1));
    const size = members.length <= NAMED ? 13 : members.length <= SHORTLY_NAMED ? 9 : members.length <= 160 ? 6 : 4;

    const isNamed = members.length <= SHORTLY_NAMED;
    const isTold = members.length <= NAMED;
    const isNarrow = width < NARROW;
    this.#here.show(centre, size + 4, false, [shortened(here), isNamed ? "this host" : "", ""]);
    this.#forget(new Set(members.map((member) => member.key)));
    members.forEach((member, index) => {
      const { dot, way } = this.#of(member);
      const texts = [isNamed ? shortened(member.name) : "", isTold ? shortly(member, isNarrow) : "", isTold && !isNarrow ? rates(member) : ""];
      const comesFrom = byName.get(member.relay) ?? centre;
      dot.show(at[index], size, at[index][1] < comesFrom[1] - 1, texts);
      dot.describe(member);
      way.show(member, centre, at[index], byName.get(member.relay), busy.has(member));
    });
  }

  #said({ here, members, left, online }) {
    const more = left ? `; ${many(left, "is", "are")} not drawn` : "";
    return `${here} and ${many(members.length + left, "other member")}, ${number(online)} online${more}. The list beside says the same.`;
  }

  #of(member) {
    if (!this.#drawn.has(member.key)) {
      const drawn = { dot: new Dot("member"), way: new Way() };
      this.#ways.append(drawn.way.group);
      this.#dots.append(drawn.dot.group);
      this.#drawn.set(member.key, drawn);
    }
    return this.#drawn.get(member.key);
  }

  #forget(staying) {
    for (const [key, { dot, way }] of this.#drawn) {
      if (staying.has(key)) continue;
      dot.group.remove();
      way.group.remove();
      this.#drawn.delete(key);
    }
  }
}

/** Somebody. */
class Dot {
  #shape = draw("rect");
  #name = draw("text", { class: "called" });
  #detail = draw("text", { class: "detail" });
  #rates = draw("text", { class: "detail rates" });
  #title = draw("title");

  constructor(kind) {
    this.group = draw("g", { class: `dot ${kind}` }, this.#title, this.#shape, this.#name, this.#detail, this.#rates);
  }

  /** @param isAbove do texts stand above it, where no way is, or below? */
  show([x, y], size, isAbove, texts) {
    this.group.classList.toggle("small", size <= SMALL);
    this.group.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
    for (const [attribute, value] of Object.entries({ x: -size, y: -size, width: 2 * size, height: 2 * size })) {
      this.#shape.setAttribute(attribute, value);
    }
    const lines = texts.filter(Boolean).length;
    [this.#name, this.#detail, this.#rates].forEach((text, line) => {
      if (text.textContent !== texts[line]) put(text, texts[line]);
      text.setAttribute("y", isAbove ? 15 * (line + 1 - lines) - size - 8 : size + 17 + 15 * line);
    });
  }

  describe(member) {
    this.group.classList.toggle("server", member.server);
    this.group.classList.toggle("offline", !member.online);
    const said = [member.name, member.server ? "server" : "", inWords(member), rates(member)].filter(Boolean).join(", ");
    if (this.#title.textContent !== said) put(this.#title, said);
  }
}

/** The way to somebody, and what it carries there and back. */
class Way {
  #line = draw("path", { class: "line" });
  #in = draw("path", { class: "flow in" });
  #out = draw("path", { class: "flow out" });

  constructor() {
    this.group = draw("g", {}, this.#line, this.#in, this.#out);
  }

  show(member, from, to, relay, isBusy) {
    const whole = pathOver(relay ? [from, relay, to] : [from, to]);
    this.group.setAttribute("class", `way ${member.online ? member.way || "known" : "none"}`);
    this.#line.setAttribute("d", relay ? pathOver([relay, to]) : whole);
    for (const each of [this.#in, this.#out]) each.setAttribute("d", whole);
    flow(this.#in, isBusy ? member.in : 0);
    flow(this.#out, isBusy ? member.out : 0);
  }
}

const pathOver = (points) => `M${points.map((point) => point.map((each) => each.toFixed(1)).join(" ")).join("L")}`;

/** Let dots run along a way, faster and thicker the more it carries. */
function flow(path, perSecond) {
  path.toggleAttribute("hidden", perSecond < 1);
  if (perSecond < 1) return;
  const much = Math.min(Math.log10(perSecond), 9);
  path.style.animationDuration = `${(2.6 - 0.22 * much).toFixed(1)}s`;
  path.style.strokeWidth = (3.5 + 0.5 * much).toFixed(1);
}
