/**
 * Elements.  What comes from the network becomes text and nothing else: this is the only module that makes nodes, and
 * it knows no markup.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Marks that turn the direction of writing: a name with one would rearrange what stands beside it. */
const TURNS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const shown = (children) => children.flat()
  .filter((child) => child !== null && child !== undefined && child !== "")
  .map((child) => (typeof child === "string" ? child.replace(TURNS, "\ufffd") : child));

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...shown(children));
  return element;
}

/** An element of HTML: attributes by name, functions as listeners; children are elements or text. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same of SVG. */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** Put text or elements in the place of whatever was there. */
export function put(element, ...children) {
  element.replaceChildren(...shown(children));
}

/** An element of the page, by its id. */
export const byId = (id) => document.getElementById(id);

const ICONS = {
  good: "M5 10.5l3.2 3.2L15 7",
  warn: "M10 3.2 18 17H2L10 3.2zM10 8.2v4M10 14.4v.2",
  bad: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM7.2 7.2l5.6 5.6M12.8 7.2l-5.6 5.6",
  hint: "M10 2.5a7.5 7.5 0 1 0 0 15 7.5 7.5 0 0 0 0-15zM10 9.2v4.6M10 6.3v.2",
  copy: "M7 7V4.5A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.5v7a1.5 1.5 0 0 1-1.5 1.5H13M4.5 7h7A1.5 1.5 0 0 1 13 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 15.5v-7A1.5 1.5 0 0 1 4.5 7z",
};

/** A small picture beside a word that says the same. */
export function icon(name) {
  const line = { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": "1.7", "stroke-linecap": "round", "stroke-linejoin": "round" };
  return draw("svg", { viewBox: "0 0 20 20", width: "16", height: "16", "aria-hidden": "true" }, draw("path", line));
}
