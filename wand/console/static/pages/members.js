/** Members: who they are, and what can be done about them. */
import { get, mayChange } from "../api.js";
import { byId, make, put } from "../dom.js";
import { ago, ahead, many, milliseconds, number, wayText } from "../format.js";
import { Column, Listing } from "../listing.js";
import { approve, invite, rename, revoke } from "../member_actions.js";
import { repeatedly } from "../repeating.js";
import { sayWhere } from "../shell.js";

const SECONDS = 4;

const MACS_SHOWN = 2;

const WORDS = { pending: ["warn", "waits for approval"], unsigned: ["warn", "waits for a signature"], revoked: ["bad", "revoked"] };

function state(member) {
  const [kind, word] = WORDS[member.state] ?? (member.online === null ? ["", "unknown"] : member.online ? ["good", "online"] : ["hollow", "offline"]);
  return make("span", { class: `word ${kind}` }, word);
}

function name(member) {
  const reached = make("a", { class: "name", href: `/reach?peer=${encodeURIComponent(member.name)}` }, member.name);
  const about = [member.server ? "server" : "", member.way === "this" ? "this host" : ""].filter(Boolean).join(", ");
  return make("span", {}, reached, about && make("span", { class: "soft small" }, ` ${about}`));
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

const rights = (member) => ["bridge", "relay", "admission"].filter((right) => member[right]).join(", ");

function acts(member) {
  const button = (what, act, kind = "") => make("button", {
    type: "button", class: `slight ${kind}`, "data-what": `${what} ${member.key}`, "aria-label": `${what} ${member.name}`,
    click: () => act(member, read),
  }, what);
  if (member.state === "revoked") return null;
  return make("div", { class: "row" },
    member.state === "pending" ? button("Approve", approve, "main") : null,
    button("Rename", rename),
    button("Revoke", revoke, "grave"));
}

const COMMON = [
  new Column("Name", name, { sort: "name" }),
  new Column("State", state, { sort: "state" }),
  new Column("Addresses", addresses, { sort: "addresses" }),
];

/** How a node that decides of nobody shows members, and whoever decides of them. */
const SEEN = [
  new Column("Way", (member) => (member.way === "this" ? "" : wayText(member.way, member.relay)), { sort: "way" }),
  new Column("There and back", (member) => milliseconds(member.roundTrip), { sort: "roundTrip", kind: "number" }),
  new Column("Last heard", (member) => ago(member.seen), { sort: "seen", kind: "number" }),
];
const DECIDED = [
  new Column("Rights", rights),
  new Column("Last heard", (member) => ago(member.seen), { sort: "seen", kind: "number" }),
  new Column("Certificate ends", (member) => (member.expires === null ? "" : ahead(member.expires)), { sort: "expires", kind: "number" }),
];
const ACTS = new Column("Actions", acts, { kind: "acts" });

let listing;

async function read() {
  if (!listing) {
    const [status, first] = await Promise.all([get("status"), get("members", { limit: 1 })]);
    sayWhere(status);
    const decides = first.items.some((member) => "short" in member);
    byId("invite").hidden = !(decides && mayChange);
    listing = new Listing({
      name: "members",
      place: byId("list"),
      tools: byId("tools"),
      empty: "There is nobody yet.",
      columns: [...COMMON, ...(decides ? DECIDED : SEEN), ...(decides && mayChange ? [ACTS] : [])],
      told: (total) => put(byId("summary"), `${many(total, "member")} of ${status.own?.network || "the network"}${decides ? "" : ", as this host knows them"}`),
    });
  }
  await listing.read();
}

byId("invite").addEventListener("click", () => invite(read));
repeatedly(read, SECONDS);
