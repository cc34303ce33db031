/** Logging in with the link of `wand console`: its secret is behind the #, which no browser sends by itself. */
import { byId, put } from "../dom.js";

function say(text) {
  put(byId("state"), text);
  byId("state").hidden = false;
}

const secret = location.hash.slice(1);
const hasEnded = sessionStorage.getItem("wand-ended");
sessionStorage.removeItem("wand-ended");

byId("copy").addEventListener("click", () => navigator.clipboard.writeText(byId("command").textContent));

if (secret) {
  history.replaceState(null, "", location.pathname);
  say("Logging in…");
  byId("form").elements.link.value = secret;
  byId("form").submit();
} else if (hasEnded) {
  say("Your session is over: it ends after eight hours, and when the program is started again.");
}
