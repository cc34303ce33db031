/** What every page has around it: the theme, who this is, and a line that says what was done. */
import { copy } from "./copying.js";
import { byId, icon, make, put } from "./dom.js";

const TOLD_SHOWN = 5000;

let hiding;

/** Say what was done. */
export function tell(text) {
  clearTimeout(hiding);
  put(byId("told"), text);
  hiding = setTimeout(() => put(byId("told")), TOLD_SHOWN);
}

/** A button that copies a text, where the browser lets it; else it selects what is shown of it. */
export function copyButton(text, shown, label = "Copy") {
  const button = make("button", { type: "button", class: "slight" }, icon("copy"), make("span", {}, label));
  button.addEventListener("click", async () => tell(await copy(text, shown)));
  return button;
}

/** A command to be typed in a terminal, with a button that copies it. */
export function command(text) {
  const code = make("code", {}, text);
  return make("div", { class: "command" }, code, copyButton(text, code));
}

/** Say on every page which program this is. */
export function sayWhere(status) {
  const name = status.own?.name;
  put(byId("here"), name && name !== status.role ? `${name}, ${status.role}` : status.role);
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function themeSwitch(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("wand-theme", theme);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

sessionStorage.removeItem("wand-ended"); // whoever sees a page is logged in
themeSwitch(byId("theme"));
