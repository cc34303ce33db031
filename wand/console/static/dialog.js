/** Questions that somebody has to answer before anything is done. */
import { byId, icon, make, put } from "./dom.js";

/**
 * Open the dialog with a form; it closes by itself when the form is done.
 *
 * @param act what is done with the values of the form; what it throws is shown, and the dialog stays.  If it returns
 *     something, that is shown instead of the form.
 */
export function ask({ title, about, fields = [], button, isGrave = false, act }) {
  const dialog = byId("dialog");
  const wrong = make("p", { class: "note bad", role: "alert", hidden: true });
  const doIt = make("button", { class: isGrave ? "main grave" : "main" }, button);
  const opener = document.activeElement?.dataset.what;
  const cancel = make("button", { type: "button", click: () => dialog.close() }, "Cancel");
  const form = make("form", {}, about && make("p", {}, about), ...fields, wrong, make("div", { class: "row end" }, cancel, doIt));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    doIt.disabled = true;
    wrong.hidden = true;
    try {
      const result = await act(new FormData(form));
      if (result) show(dialog, result.title, result.content);
      else dialog.close();
    } catch (error) {
      put(wrong, icon("bad"), make("span", {}, error.message));
      wrong.hidden = false;
    }
    doIt.disabled = false;
    if (document.activeElement === document.body) doIt.focus();
  });
  dialog.addEventListener("close", () => returnTo(dialog, opener), { once: true });
  show(dialog, title, form);
  dialog.showModal();
  if (isGrave) cancel.focus();
}

/** Give the focus back to what had it; the browser does so itself, unless that element was drawn anew meanwhile. */
function returnTo(dialog, opener) {
  const focused = document.activeElement;
  if (focused !== document.body && !dialog.contains(focused)) return;
  const found = opener && document.querySelector(`[data-what="${CSS.escape(opener)}"]`);
  (found || byId("main")).focus();
}

function show(dialog, title, content) {
  put(dialog, make("h2", { id: "dialog-title", tabindex: "-1" }, title), content);
  dialog.querySelector("h2").focus();
}

/** A field of a form, with its label and what there is to know of it. */
export function field(label, input, about = "") {
  return make("label", {}, label, input, about && make("small", {}, about));
}

/** A box to tick. */
export function tick(name, label, about = "") {
  return make("label", { class: "tick" }, make("input", { type: "checkbox", name }), make("span", {}, label, about && make("br"), about && make("small", {}, about)));
}

/** A button that closes the dialog. */
export const closing = (text = "Done") => make("div", { class: "row end" }, make("button", { type: "button", class: "main", click: () => byId("dialog").close() }, text));
