/** Members: who they are, and what can be done about them. */
import { get, mayChange } from "../api.js";
import { byId, make, put } from "../dom.js";
import { ago, ahead, many, milliseconds, number, wayText } from "../format.js";
import { Column, Listing, contains } from "../listing.js";
import { approve, invite, rename, revoke } from "../member_actions.js";
import { repeatedly } from "../repeating.js";
import { sayWhere } from "../shell.js";

const MACS_SHOWN = 2;

let listing;

/** The key of the program that serves this page; it revokes everybody but itself. */
let ownKey = "";
const isThis = (member) => member.key === ownKey || member.way === "this";

const WORDS = { pending: ["warn", "waits for approval"], unsigned: ["warn", "waits for a signature"], revoked: ["bad", "revoked"] };

function state(member) {
  const [kind, word] = WORDS[member.state] ?? (member.online === null ? ["", "unknown"] : member.online ? ["good", "online"] : ["hollow", "offline"]);
  return make("span", { class: `word ${kind}` }, word);
}

const RIGHTS = { bridge: "bridges", relay: "relays", admission: "admits others" };
const rights = (member) => Object.keys(RIGHTS).filter((right) => member[right]).map((right) => RIGHTS[right]);

function name(member) {
  const reached = make("a", { class: "name", href: `/reach?peer=${encodeURIComponent(member.name)}` }, member.name);
  const about = [member.server ? "server" : "", isThis(member) ? "this host" : "", ...rights(member)].filter(Boolean).join(", ");
  return make("span", {}, reached, about && make("div", { class: "soft small" }, about));
}

/** Overlay addresses, and below them the MAC addresses, of a bridge only the first. */
function addresses(member) {
  const shown = member.macs.slice(0, MACS_SHOWN);
  const more = member.macs.length - shown.length;
  return make("span", {},
    member.addresses.map((text) => make("div", { class: "fixed" }, text)),
    shown.map((text) => make("div", { class: "fixed soft" }, text)),
    more > 0 ? make("div", { class: "soft small" }, `and ${number(more)} more`) : null);
}

function acts(member) {
  const button = (what, act, kind = "") => make("button", {
    type: "button", class: `slight ${kind}`, "data-what": `${what} ${member.key}`, "aria-label": `${what} ${member.name}`,
    click: () => act(member, read),
  }, what);
  if (member.state === "revoked") return null;
  return make("div", { class: "row" },
    member.state === "pending" ? button("Approve", approve, "main") : button("Rename", rename),
    isThis(member) ? null : button("Revoke", revoke, "grave"));
}

/** Whoever needs somebody comes first, then those who are there. */
const ORDER = { pending: "0", unsigned: "1", member: "2", revoked: "3" };
const stateOrder = (member) => `${ORDER[member.state] ?? "4"}${member.online ? "a" : "b"}`;

const heard = new Column("Last heard", (member) => ago(member.seen), { by: (member) => member.seen, kind: "number" });
const COMMON = [
  new Column("Name", name, { by: (member) => member.name }),
  new Column("State", state, { by: stateOrder }),
  new Column("Addresses", addresses, { by: (member) => member.addresses[0] ?? null }),
];

/** How members are shown by a node that decides of nobody, and by whoever decides of them. */
const SEEN = [
  new Column("Way", (member) => (isThis(member) ? "" : wayText(member.way, member.relay)), { by: (member) => member.way || null }),
  new Column("Round trip", (member) => milliseconds(member.roundTrip), { by: (member) => member.roundTrip, kind: "number" }),
  heard,
];
const DECIDED = [
  heard,
  new Column("Certificate", (member) => (member.expires === null || member.state === "revoked" ? "" : `ends ${ahead(member.expires)}`), { by: (member) => member.expires, kind: "number" }),
];
const ACTS = new Column("Actions", acts, { kind: "acts" });

function fits(member, { needle, state: wanted }) {
  if (!contains(needle, member.name, member.key, ...member.addresses, ...member.macs)) return false;
  if (wanted === "online") return member.state === "member" && member.online;
  if (wanted === "offline") return member.state === "member" && member.online === false;
  if (wanted === "pending") return member.state === "pending" || member.state === "unsigned";
  return !wanted || member.state === wanted;
}

async function begin() {
  const [status, first] = await Promise.all([get("status"), get("members", { limit: 1 })]);
  sayWhere(status);
  ownKey = status.own?.key ?? "";
  const decides = first.some((member) => "short" in member);
  byId("invite").hidden = !(decides && mayChange);
  const known = decides ? "" : ", as this host knows them";
  listing = new Listing({
    name: "members",
    place: byId("list"),
    tools: byId("tools"),
    fits,
    empty: "There is nobody yet.",
    unfit: decides ? undefined : "Nobody whom this host knows fits. In a large network it knows those that it has to do with; a server lists everybody.",
    columns: [...COMMON, ...(decides ? DECIDED : SEEN), ...(decides && mayChange ? [ACTS] : [])],
    told: (found, total) => put(byId("summary"), `${found === total ? "" : `${number(found)} of `}${many(total, "member")} of ${status.own?.network || "the network"}${known}`),
  });
}

const read = repeatedly(async () => {
  if (!listing) await begin();
  return listing.read();
});

byId("invite").addEventListener("click", () => invite(read));
