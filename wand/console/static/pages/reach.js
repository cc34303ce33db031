/** Reach: how a member is reached, why that way, and what would make it direct. */
import { NOT_SUPPORTED, get } from "../api.js";
import { byId, icon, make, put } from "../dom.js";
import { ago, called, clock, milliseconds } from "../format.js";
import { repeatedly } from "../repeating.js";
import { sayWhere } from "../shell.js";

const SECONDS = 15;

/** What is said where nothing looks for ways. */
const ELSEWHERE = "Only the nodes of a sealed network look for ways to each other: the console of a node says how it reaches the others.";

const RANKS = { lan: "same link", ipv6: "IPv6", ipv4: "IPv4", stream: "stream", relay: "relay" };

const MAPPINGS = {
  "": "unknown",
  none: "no NAT",
  "endpoint-independent": "a NAT that gives one port for everybody",
  "address-dependent": "a NAT that gives each address another port",
  "address-and-port-dependent": "a NAT that gives each destination another port",
  blocked: "no UDP gets out",
  unknown: "unknown",
};

const inMapping = (word) => MAPPINGS[word] ?? word;

function verdict(why) {
  const kind = !why.isUp ? "bad" : why.cause === "direct" ? "good" : "warn";
  return make("div", { class: `note ${kind}` }, icon(kind), make("p", { class: "verdict" }, why.advice));
}

function ways(why) {
  if (!why.ways.length) return make("p", { class: "empty" }, "No endpoint of it is known.");
  const rows = why.ways.map((way) => make("tr", {},
    make("td", { class: "first fixed" }, way.place),
    make("td", { class: "kind", "data-label": "Kind" }, relayName(why, way) || RANKS[way.rank] || way.rank),
    make("td", { "data-label": "State" }, state(way)),
    make("td", { class: "number", "data-label": "Round trip" }, milliseconds(way.roundTrip)),
    make("td", { class: "soft", "data-label": "About" }, [way.why, way.sources.length ? `known from ${way.sources.join(", ")}` : "", way.answered ? `answered ${ago(way.answered)}` : ""].filter(Boolean).join("; "))));
  const titles = ["Endpoint", "Kind", "State", "Round trip", "About"];
  return make("table", { class: "grid" },
    make("thead", {}, make("tr", {}, titles.map((title) => make("th", { scope: "col", class: title === "Round trip" ? "number" : null }, title)))),
    make("tbody", {}, rows));
}

function relayName(why, way) {
  const name = why.relays[way.place.slice(0, way.place.lastIndexOf(":"))];
  return name ? `relay ${name}` : "";
}

function state(way) {
  if (way.usedSince !== null) return make("span", { class: "word good" }, "in use");
  if (way.isProven) return make("span", { class: "word" }, "works");
  return make("span", { class: "word hollow" }, way.asked === null ? "not tried" : "no answer");
}

function sides(why) {
  const ours = why.ours.map((each) => make("li", {}, make("span", { class: "fixed" }, each.endpoint), make("span", { class: "soft small" }, `, ${each.about}`)));
  return make("div", { class: "sides" },
    make("div", {}, make("h3", {}, "This side"), make("p", {}, inMapping(why.nat.mapping)), make("ul", {}, ours)),
    make("div", {}, make("h3", {}, `The side of ${why.peer}`), make("p", {}, inMapping(why.theirs))),
    make("div", {}, make("h3", {}, "What was tried"), why.episodes.length
      ? make("ol", { class: "episodes" }, why.episodes.slice(-12).reverse().map((each) => make("li", { class: "episode" }, make("time", {}, clock(each.time)), make("span", {}, each.what))))
      : make("p", { class: "soft" }, "Nothing yet.")));
}

/** The member that was asked about last. */
let wanted = "";

async function find(peer) {
  wanted = peer;
  put(byId("why"), make("p", { class: "soft" }, `Asking about ${peer}…`));
  try {
    const why = await get(`why/${encodeURIComponent(peer)}`);
    if (peer === wanted) put(byId("why"), verdict(why), make("div", { class: "part list" }, ways(why)), sides(why));
  } catch (error) {
    if (peer !== wanted) return;
    const kind = error.status === NOT_SUPPORTED ? "hint" : "bad";
    put(byId("why"), make("div", { class: `note ${kind}` }, icon(kind), make("p", {}, kind === "bad" ? error.message : ELSEWHERE)));
  }
}

function network({ checks, verdict: text }) {
  const marks = new Map([[true, ["good", "good"]], [false, ["warn", "could be better"]], [null, ["", "cannot be told"]]]);
  put(byId("network"), make("p", { class: "verdict" }, text), checks.map((each) => {
    const [kind, word] = marks.get(each.isGood);
    return make("div", { class: "finding" },
      make("div", { class: "what" }, make("h3", {}, called(each.name)), make("span", { class: `word ${kind}` }, word)),
      make("p", {}, make("b", {}, each.value), make("span", { class: "soft" }, `: ${each.about}`)));
  }));
}

async function suggest() {
  const graph = await get("graph", { most: 500 });
  put(byId("peers"), graph.nodes.map((node) => make("option", { value: node.name })));
}

const form = byId("tools");
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const peer = form.peer.value.trim();
  history.replaceState(null, "", `?peer=${encodeURIComponent(peer)}`);
  find(peer);
});

const given = new URLSearchParams(location.search).get("peer");
if (given) {
  form.peer.value = given;
  find(given);
}
document.addEventListener("wand-back", () => wanted && find(wanted));
get("status").then(sayWhere, () => {});
repeatedly(async () => {
  await suggest();
  try {
    network(await get("netcheck"));
  } catch (error) {
    if (error.status !== NOT_SUPPORTED) throw error;
    byId("around").hidden = true; // a server looks at no network around it
  }
}, SECONDS);
