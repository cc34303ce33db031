/** Events: what happens, as it happens; of one member or one kind, if so wanted. */
import { get } from "../api.js";
import { byId, make, put } from "../dom.js";
import { follow } from "../events.js";
import { clock, many, moment, number } from "../format.js";
import { sayWhere } from "../shell.js";
import { now } from "../time.js";

/** Seconds between two looks whether the program is there, which nobody sees while nothing happens. */
const SECONDS = 10;

/** How many are kept. */
const KEPT = 500;

/** Fields that lead to all events about the same. */
const TRACED = new Set(["trace", "key", "mac"]);

const form = byId("tools");
const kinds = new Set();
let kept = [];
let isPaused = false;
let waiting = [];
let traced = null;

function fits(event) {
  const needle = form.needle.value.trim().toLowerCase();
  const kind = form.kind.value;
  if (kind && event.kind !== kind) return false;
  if (traced && !Object.values(event.fields).includes(traced)) return false;
  return !needle || `${event.kind} ${Object.values(event.fields).join(" ")}`.toLowerCase().includes(needle);
}

function value(name, content) {
  const text = name === "expires" && typeof content === "number" ? moment(content) : String(content);
  if (!TRACED.has(name) || !text) return make("b", {}, text);
  const short = name === "key" ? `${text.slice(0, 12)}…` : text;
  return make("button", { type: "button", title: `Only events about ${text}`, click: () => trace(text) }, short);
}

function line(event) {
  const isSaid = ([name, content]) => content !== null && content !== "" && !(name === "peer" && content === event.fields.name);
  const fields = Object.entries(event.fields).filter(isSaid);
  return make("li", {},
    make("time", { datetime: new Date(event.time * 1000).toISOString(), title: moment(event.time) }, clock(event.time)),
    make("span", { class: "kind" }, event.kind),
    make("span", { class: "fields" }, fields.map(([name, content]) => make("span", {}, `${name} `, value(name, content)))));
}

function show() {
  const fitting = kept.filter(fits);
  put(byId("list"), fitting.map(line));
  say(fitting.length);
}

function say(shown) {
  byId("empty").hidden = shown > 0;
  put(byId("empty"), kept.length ? "Nothing fits what you look for." : "Nothing has happened since this page was opened.");
  put(byId("summary"), isPaused
    ? `Paused: ${many(waiting.length, "event")} since.`
    : `What happens from now on, the latest first: ${number(shown)} of ${many(kept.length, "event")}.`);
}

function learn(kind) {
  if (kinds.has(kind)) return;
  kinds.add(kind);
  const chosen = form.kind.value;
  const options = [...kinds].sort().map((each) => make("option", { value: each }, each));
  put(form.kind, make("option", { value: "" }, "All kinds"), options);
  form.kind.value = chosen;
}

function take(event) {
  if (isPaused) {
    waiting = [...waiting, event].slice(-KEPT);
    say(byId("list").children.length);
    return;
  }
  learn(event.kind);
  kept = [event, ...kept].slice(0, KEPT);
  if (fits(event)) byId("list").prepend(line(event));
  while (byId("list").children.length > KEPT) byId("list").lastChild.remove();
  say(byId("list").children.length);
}

function trace(text) {
  traced = text;
  byId("trace").hidden = false;
  put(byId("trace"), make("span", {}, "Only events about ", make("b", { class: "fixed" }, text), ". ",
    make("button", { type: "button", class: "slight", click: untrace }, "Show all")));
  show();
}

function untrace() {
  traced = null;
  byId("trace").hidden = true;
  show();
}

byId("pause").addEventListener("click", ({ currentTarget }) => {
  isPaused = !isPaused;
  currentTarget.setAttribute("aria-pressed", String(isPaused));
  if (!isPaused) waiting.splice(0).forEach(take);
  say(byId("list").children.length);
});
byId("clear").addEventListener("click", () => {
  kept = [];
  show();
});
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
const look = () => get("status").then(sayWhere, () => {});
look();
setInterval(look, 1000 * SECONDS);
follow(take, (count) => take({
  kind: "missed", time: now(), fields: { text: count === null ? "some events were missed" : `${many(count, "event was", "events were")} missed` },
}));
