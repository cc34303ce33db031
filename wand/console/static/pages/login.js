/** Logging in with the link of `wand console`: its secret is behind the #, which no browser sends by itself. */
import { copy } from "../copying.js";
import { byId, put } from "../dom.js";

function say(text) {
  put(byId("state"), text);
  byId("state").hidden = false;
}

/** Log in, if the address has a link's secret; it may come when this page is open already. */
function begin() {
  const secret = location.hash.slice(1);
  if (!secret) return false;
  history.replaceState(null, "", location.pathname);
  say("Logging in…");
  byId("form").elements.link.value = secret;
  byId("form").submit();
  return true;
}

byId("copy").addEventListener("click", async () => say(await copy(byId("command").textContent, byId("command"))));
addEventListener("hashchange", begin);

if (!begin() && sessionStorage.getItem("wand-ended")) {
  say("This login is over. It lasts eight hours, unless you log out or the program is restarted.");
}
sessionStorage.removeItem("wand-ended");
