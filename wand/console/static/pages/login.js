/** Logging in with the link that `wand console` printed; its secret comes behind the #, so no server logs it. */
import { byId, put } from "../dom.js";

const secret = location.hash.slice(1);

async function login() {
  history.replaceState(null, "", location.pathname);
  put(byId("state"), "Logging in…");
  const response = await fetch("/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ link: secret }) }).catch(() => null);
  if (response?.ok) location.replace("/");
  else put(byId("state"), response ? "This link was used already, or is too old. In a terminal of this host, type" : "The program does not answer. Once it runs, type in a terminal of this host");
}

byId("copy").addEventListener("click", () => navigator.clipboard.writeText(byId("command").textContent));
if (secret) login();
