/** Whether the program answers, and what the page says when it does not. */
import { byId, icon, make, put } from "./dom.js";
import { clock } from "./format.js";

const BACK_SHOWN = 4000;

let lostSince = null;
let hiding;

/** Something was answered. */
export function answered() {
  if (lostSince === null) return;
  lostSince = null;
  const place = byId("connection");
  delete document.documentElement.dataset.connection;
  place.classList.add("back");
  put(place, "Connected again");
  hiding = setTimeout(() => put(place), BACK_SHOWN);
  document.dispatchEvent(new Event("wand-back"));
}

/** The program refused what this page shows; nothing to say if it did not. */
export function troubled(error) {
  const place = byId("trouble");
  place.hidden = !error;
  if (error) put(place, icon("bad"), make("span", {}, error.message));
}

/** Nothing was answered. */
export function unanswered() {
  if (lostSince !== null) return;
  lostSince = Date.now() / 1000;
  clearTimeout(hiding);
  const place = byId("connection");
  document.documentElement.dataset.connection = "lost";
  place.classList.remove("back");
  put(place, `No answer since ${clock(lostSince)}: what you see is from then. Trying again…`);
}
