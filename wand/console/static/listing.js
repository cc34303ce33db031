/** Lists in tables: sorted, filtered and turned page by page, which the program does. */
import { get } from "./api.js";
import { make, put } from "./dom.js";
import { number } from "./format.js";

/** How many rows a page has. */
const ROWS = 50;

const TYPING_PAUSE = 250;

/** A column: its title, by what key of the document it is sorted, and what is shown of an item. */
export class Column {
  constructor(title, show, { sort = "", kind = "" } = {}) {
    Object.assign(this, { title, show, sort, kind });
  }
}

/** A list that follows the program. */
export class Listing {
  #offset = 0;
  #sort;
  #isDown = false;
  #timer;

  /**
   * @param name the document.
   * @param place where it is shown.
   * @param tools the form whose fields restrict it.
   * @param told called with how many there are.
   */
  constructor({ name, place, tools, columns, empty, told = () => {} }) {
    Object.assign(this, { name, place, columns, empty, told });
    this.tools = tools;
    this.#sort = columns[0].sort;
    this.body = make("tbody");
    this.headings = columns.map((column) => this.#heading(column));
    this.pager = make("div", { class: "pager" });
    this.nothing = make("p", { class: "empty", hidden: true });
    this.grid = make("table", { class: "grid" }, make("thead", {}, make("tr", {}, this.headings)), this.body);
    put(place, this.grid, this.nothing, this.pager);
    tools.addEventListener("submit", (event) => event.preventDefault());
    tools.addEventListener("input", () => this.#later());
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(0), TYPING_PAUSE);
  }

  #heading(column) {
    const heading = make("th", { scope: "col", class: column.kind === "number" ? "number" : null });
    if (column.sort) heading.append(make("button", { type: "button", click: () => this.#sortBy(column) }, column.title));
    else heading.append(make("span", { class: column.title === "Actions" ? "unseen" : null }, column.title));
    return heading;
  }

  #sortBy(column) {
    this.#isDown = this.#sort === column.sort && !this.#isDown;
    this.#sort = column.sort;
    this.#turn(0);
  }

  #turn(offset) {
    this.#offset = offset;
    this.read().catch((error) => console.debug(error));
  }

  /** Ask for what is shown now, and show it. */
  async read() {
    const restrict = Object.fromEntries(new FormData(this.tools));
    const page = await get(this.name, { ...restrict, sort: this.#sort, descending: this.#isDown ? "1" : "", offset: this.#offset, limit: ROWS });
    if (page.items.length === 0 && page.total > 0 && this.#offset > 0) {
      this.#offset = Math.floor((page.total - 1) / ROWS) * ROWS;
      return this.read();
    }
    this.#show(page);
    return page;
  }

  #show({ items, total }) {
    this.columns.forEach((column, index) => {
      const direction = this.#isDown ? "descending" : "ascending";
      if (column.sort) this.headings[index].setAttribute("aria-sort", column.sort === this.#sort ? direction : "none");
    });
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.what : null;
    put(this.body, items.map((item) => make("tr", {}, this.columns.map((column, index) => cell(column, item, index)))));
    if (focused) [...this.body.querySelectorAll("[data-what]")].find((each) => each.dataset.what === focused)?.focus();
    this.grid.hidden = total === 0;
    this.nothing.hidden = total > 0;
    put(this.nothing, [...new FormData(this.tools).values()].some(Boolean) ? "Nothing fits what you look for." : this.empty);
    this.#showPager(items.length, total);
    this.told(total);
  }

  #showPager(shown, total) {
    this.pager.hidden = total <= ROWS;
    const last = this.#offset + shown;
    const back = make("button", { type: "button", class: "slight", "data-what": "back", click: () => this.#turn(Math.max(0, this.#offset - ROWS)) }, "Back");
    const on = make("button", { type: "button", class: "slight", "data-what": "on", click: () => this.#turn(this.#offset + ROWS) }, "Next");
    back.disabled = this.#offset === 0;
    on.disabled = last >= total;
    const focused = this.pager.contains(document.activeElement) ? document.activeElement.dataset.what : null;
    put(this.pager, make("span", {}, `${number(this.#offset + 1)} to ${number(last)} of ${number(total)}`), make("span", { class: "row" }, back, on));
    if (focused) (focused === "back" && !back.disabled || on.disabled ? back : on).focus();
  }
}

function cell(column, item, index) {
  const classes = [index === 0 ? "first" : "", column.kind].filter(Boolean).join(" ");
  return make("td", { class: classes || null, "data-label": column.title }, column.show(item));
}
