/** The table: which MAC address is where. */
import { get } from "../api.js";
import { byId, make } from "../dom.js";
import { ago, ahead } from "../format.js";
import { Column, Listing, contains } from "../listing.js";
import { repeatedly } from "../repeating.js";
import { sayWhere } from "../shell.js";

const listing = new Listing({
  name: "table",
  place: byId("list"),
  tools: byId("tools"),
  fits: (entry, { needle }) => contains(needle, entry.mac, entry.peer, entry.source),
  empty: "The table is empty: nobody else is in the network yet, or nobody was heard.",
  columns: [
    new Column("MAC address", (entry) => make("span", { class: "fixed" }, entry.mac), { by: (entry) => entry.mac, isFixed: true }),
    new Column("Peer", (entry) => make("span", { class: "name" }, entry.peer), { by: (entry) => entry.peer }),
    new Column("Source", (entry) => entry.source, { by: (entry) => entry.source }),
    new Column("Since", (entry) => ago(entry.since), { by: (entry) => entry.since, kind: "number" }),
    new Column("Expires", (entry) => ahead(entry.expires), { by: (entry) => entry.expires, kind: "number" }),
  ],
});

get("status").then(sayWhere, () => {});
repeatedly(() => listing.read());
