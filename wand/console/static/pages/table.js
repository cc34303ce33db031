/** The table: which MAC address is where. */
import { byId, make } from "../dom.js";
import { ago, ahead } from "../format.js";
import { Column, Listing } from "../listing.js";
import { repeatedly } from "../repeating.js";
import { sayWhere } from "../shell.js";
import { get } from "../api.js";

const SECONDS = 4;

const listing = new Listing({
  name: "table",
  place: byId("list"),
  tools: byId("tools"),
  empty: "The table is empty: nobody else is in the network yet, or nobody was heard.",
  columns: [
    new Column("MAC address", (entry) => make("span", { class: "fixed" }, entry.mac), { sort: "mac" }),
    new Column("Where", (entry) => make("span", { class: "name" }, entry.peer), { sort: "peer" }),
    new Column("Says who", (entry) => entry.source, { sort: "source" }),
    new Column("Since", (entry) => ago(entry.since), { sort: "since", kind: "number" }),
    new Column("Expires", (entry) => ahead(entry.expires), { sort: "expires", kind: "number" }),
  ],
});

get("status").then(sayWhere, () => {});
repeatedly(() => listing.read(), SECONDS);
