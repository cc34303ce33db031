/** The overview: the network, who is there, and what needs a person. */
import { get, getAll } from "../api.js";
import { byId, draw, icon, make, put } from "../dom.js";
import { Figures } from "../figures.js";
import { duration, many, number, octets } from "../format.js";
import { pauseFor, readNetwork } from "../network.js";
import { Picture, inWords, rates } from "../picture.js";
import { repeatedly } from "../repeating.js";
import { sayWhere } from "../shell.js";
import { now } from "../time.js";

const SECONDS = 2;

/** How many are in the list. */
const LISTED = 8;

const LEGEND = { direct: "direct", stream: "in a stream", relay: "over a relay", known: "heard by this server" };

const picture = new Picture(byId("picture"));
const figures = new Figures();

function summary(status) {
  const up = duration(now() - status.started);
  const addresses = status.own?.addresses.length ? ` at ${status.own.addresses.join(", ")}` : "";
  put(byId("summary"), `${status.own?.name || "This " + status.role}${addresses}, up for ${up}, version ${status.version}`);
}

const note = (kind, text) => make("div", { class: `note ${kind}` }, icon(kind), make("p", {}, text));

function notes(status) {
  const grave = status.notes.slice(0, status.attention);
  const hints = status.notes.slice(status.attention);
  byId("attention").hidden = !grave.length;
  put(byId("notes"), grave.map((text) => note("warn", text)));
  byId("hints").hidden = !hints.length;
  put(byId("hint-count"), many(hints.length, "hint"));
  put(byId("hint-list"), hints.map((text) => note("hint", text)));
}

function there({ members, left, online, total }) {
  const order = [...members].sort((a, b) => b.online - a.online || b.in + b.out - a.in - a.out || a.name.localeCompare(b.name));
  put(
    byId("there"),
    make("p", { class: "counts" },
      make("span", {}, make("strong", {}, number(online)), " online"),
      make("span", {}, make("strong", {}, number(total - online)), " offline"),
      left ? make("span", {}, make("strong", {}, number(left)), " not drawn") : null),
    order.length
      ? make("ul", { class: "people" }, order.slice(0, LISTED).map(person))
      : make("p", { class: "empty" }, "No other member is known here. New ones are invited where members are admitted: on a server, or on the node that founded the network."),
    total > LISTED ? make("p", { class: "soft small" }, `${many(total - LISTED, "more is", "more are")} on the members page.`) : null,
  );
}

function person(member) {
  const link = make("a", { class: "name", href: `/reach?peer=${encodeURIComponent(member.name)}` }, member.name);
  const word = make("span", { class: `word ${member.online ? "good" : "hollow"}` }, member.online ? "online" : "offline");
  return make("li", {}, link, word,
    make("span", { class: "soft" }, [member.server ? "server" : "", member.online && member.way ? inWords(member) : ""].filter(Boolean).join(" · ")),
    make("span", { class: "soft rates" }, rates(member)));
}

function legend({ members }) {
  const ways = new Set(members.filter((member) => member.online).map((member) => member.way || "known"));
  put(byId("legend"), Object.entries(LEGEND).filter(([way]) => ways.has(way)).map(([way, text]) =>
    make("span", {}, draw("svg", { class: `way ${way}`, viewBox: "0 0 34 8", "aria-hidden": "true" }, draw("path", { class: "line", d: "M1 4H33" })), text)));
}

function allCounters(counters) {
  if (!document.querySelector(".counters").open) return;
  put(byId("counters"), make("table", { class: "grid" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "Counter"), make("th", { scope: "col", class: "number" }, "Count"), make("th", { scope: "col" }, "What it counts"))),
    make("tbody", {}, counters.map((each) => make("tr", {},
      make("td", { class: "first name" }, each.name),
      make("td", { class: "number", "data-label": "Count" }, each.name.endsWith("bytes") || each.name.endsWith("octets") ? octets(each.value) : number(each.value)),
      make("td", { class: "soft", "data-label": "About" }, each.description))))));
}

let due = 0;

async function look() {
  const network = await readNetwork();
  picture.show(network);
  there(network);
  legend(network);
  due = performance.now() + 1000 * pauseFor(network.total);
}

repeatedly(async () => {
  const [status, counters] = await Promise.all([get("status"), getAll("counters")]);
  sayWhere(status);
  summary(status);
  notes(status);
  figures.show(byId("figures"), counters, status.role);
  allCounters(counters);
  if (performance.now() >= due) await look();
  put(byId("span"), `every ${SECONDS} seconds, the last two minutes`);
}, SECONDS);

function motion(button) {
  const isStill = localStorage.getItem("wand-motion") === "still";
  byId("picture").classList.toggle("still", isStill);
  button.setAttribute("aria-pressed", String(isStill));
}

byId("motion").hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
byId("motion").addEventListener("click", ({ currentTarget }) => {
  const isStill = currentTarget.getAttribute("aria-pressed") === "true";
  localStorage.setItem("wand-motion", isStill ? "moving" : "still");
  motion(currentTarget);
});
motion(byId("motion"));
