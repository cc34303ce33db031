/**
 * Lists in tables.  The program sends them in parts, in its own order; sorted and restricted they are here, so whoever
 * types sees the effect at once.
 */
import { getAll } from "./api.js";
import { make, put } from "./dom.js";
import { number } from "./format.js";

/** How many rows are shown at once. */
const ROWS = 50;

/** Seconds until a list is asked for again; a long one costs the program more. */
const SECONDS = 4;
const LONG = 1000;
const LONG_SECONDS = 30;

const order = new Intl.Collator("en", { numeric: true }).compare;

/** A column: its title, what is shown of an item, and by what it is sorted: a text with numbers in it, a number or null; or digits of a fixed length. */
export class Column {
  constructor(title, show, { by = null, kind = "", isFixed = false } = {}) {
    Object.assign(this, { title, show, by, kind, isFixed });
  }

  /** Compare two items; those that have nothing here come last. */
  compare(one, two) {
    const [first, second] = [this.by(one), this.by(two)];
    if (first === null || second === null) return (first === null) - (second === null);
    if (this.isFixed) return (first > second) - (first < second);
    return typeof first === "number" ? first - second : order(first, second);
  }
}

/** A list that follows the program. */
export class Listing {
  #items = [];
  #first = 0;
  #sorted;
  #isDown = false;

  /**
   * @param name the document.
   * @param place where it is shown.
   * @param tools the form whose fields restrict it.
   * @param fits tells whether an item fits the values of the form.
   * @param empty, unfit what is said if there is nothing, and if nothing fits.
   * @param told called with how many there are.
   */
  constructor({ name, place, tools, columns, fits, empty, unfit = "Nothing fits what you look for.", told = () => {} }) {
    Object.assign(this, { name, tools, columns, fits, empty, unfit, told });
    this.#sorted = columns[0];
    this.body = make("tbody");
    this.headings = columns.map((column) => this.#heading(column));
    this.pager = make("nav", { class: "pager", "aria-label": "Parts of the list" });
    this.nothing = make("p", { class: "empty", hidden: true });
    this.grid = make("table", { class: "grid", hidden: true }, make("thead", {}, make("tr", {}, this.headings)), this.body);
    put(place, this.grid, this.nothing, this.pager);
    tools.addEventListener("submit", (event) => event.preventDefault());
    tools.addEventListener("input", () => this.#turn(0));
  }

  /** Ask for it, and show it; returns in how many seconds to do so again. */
  async read() {
    this.#items = await getAll(this.name);
    this.#show();
    return this.#items.length > LONG ? LONG_SECONDS : SECONDS;
  }

  #heading(column) {
    const heading = make("th", { scope: "col", class: column.kind || null });
    if (column.by) heading.append(make("button", { type: "button", click: () => this.#sortBy(column) }, column.title));
    else heading.append(make("span", { class: column.kind === "acts" ? "unseen" : null }, column.title));
    return heading;
  }

  #sortBy(column) {
    this.#isDown = this.#sorted === column && !this.#isDown;
    this.#sorted = column;
    this.#turn(0);
  }

  #turn(first) {
    this.#first = first;
    this.#show();
  }

  #show() {
    const values = Object.fromEntries(new FormData(this.tools));
    const found = this.#items.filter((item) => this.fits(item, values));
    found.sort((one, two) => (this.#isDown ? -1 : 1) * this.#sorted.compare(one, two));
    this.#first = Math.min(this.#first, Math.max(0, Math.floor((found.length - 1) / ROWS) * ROWS));
    const shown = found.slice(this.#first, this.#first + ROWS);

    this.columns.forEach((column, index) => {
      const direction = this.#isDown ? "descending" : "ascending";
      if (column.by) this.headings[index].setAttribute("aria-sort", column === this.#sorted ? direction : "none");
    });
    keepingFocus(this.body, () => put(this.body, shown.map((item) => make("tr", {}, this.columns.map((column, index) => cell(column, item, index))))));
    this.grid.hidden = !found.length;
    this.nothing.hidden = found.length > 0;
    put(this.nothing, this.#items.length ? this.unfit : this.empty);
    keepingFocus(this.pager, () => this.#showPager(shown.length, found.length));
    this.told(found.length, this.#items.length);
  }

  #showPager(shown, total) {
    this.pager.hidden = total <= ROWS;
    const last = this.#first + shown;
    const turn = (name, first, isOff) => make("button", { type: "button", class: "slight", "data-what": name, disabled: isOff, click: () => this.#turn(first) }, name);
    put(this.pager,
      make("span", {}, `${number(this.#first + 1)} to ${number(last)} of ${number(total)}`),
      make("span", { class: "row" }, turn("Back", Math.max(0, this.#first - ROWS), this.#first === 0), turn("Next", this.#first + ROWS, last >= total)));
  }
}

/** Make elements anew, and give the focus to the one that stands for what had it. */
function keepingFocus(place, renew) {
  const focused = place.contains(document.activeElement) ? document.activeElement.dataset.what : undefined;
  renew();
  if (focused === undefined) return;
  const buttons = [...place.querySelectorAll("[data-what]:not(:disabled)")];
  (buttons.find((each) => each.dataset.what === focused) ?? buttons[0])?.focus();
}

function cell(column, item, index) {
  const classes = [index === 0 ? "first" : "", column.kind].filter(Boolean).join(" ");
  return make("td", { class: classes || null, "data-label": column.title }, column.show(item));
}

/** Does one of some texts contain what somebody looks for? */
export function contains(needle, ...texts) {
  const wanted = needle.trim().toLowerCase();
  return !wanted || texts.some((text) => text.toLowerCase().includes(wanted));
}
