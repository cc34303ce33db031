/** The doctor: what was looked at, what is wrong, and what repairs it. */
import { get } from "../api.js";
import { byId, make, put } from "../dom.js";
import { called, many } from "../format.js";
import { repeatedly } from "../repeating.js";
import { command, sayWhere } from "../shell.js";

/** Seconds until everything is looked at again by itself. */
const SECONDS = 300;

const VERDICTS = {
  bad: { word: "does not work", title: "Does not work", kind: "bad" },
  warning: { word: "could be better", title: "Could be better", kind: "warn" },
  unknown: { word: "cannot be told", title: "Cannot be told", kind: "" },
  good: { word: "as it should be", title: "As it should be", kind: "good" },
};

function finding(each) {
  const { word, kind } = VERDICTS[each.verdict];
  return make("div", { class: "finding" },
    make("div", { class: "what" }, make("h3", {}, called(each.check)), make("span", { class: `word ${kind}` }, word)),
    make("div", {}, make("p", {}, each.text), each.repair && each.verdict !== "good" ? repair(each.repair) : null));
}

/** What repairs something: a command that can be copied, or words. */
function repair(text) {
  const isInWords = /[:;,] /.test(text);
  return isInWords ? make("p", { class: "soft" }, text) : command(text);
}

async function look() {
  put(byId("summary"), "Checking everything…");
  try {
    show(await get("doctor"));
  } catch (error) {
    put(byId("summary"), `Not checked: ${error.message}.`);
    throw error;
  }
}

function show(findings) {
  const groups = Object.entries(VERDICTS).map(([verdict, about]) => [about, findings.filter((each) => each.verdict === verdict)]);
  const [bad, warning] = groups.map(([, found]) => found.length);
  put(byId("summary"), bad
    ? `${bad} of ${many(findings.length, "check")} found a problem.`
    : `Everything works${warning ? `; ${many(warning, "thing")} could be better` : ""}. ${many(findings.length, "check")} were made.`);
  put(byId("findings"), groups.filter(([, found]) => found.length).map(([about, found]) =>
    make("section", { class: "card" },
      make("div", { class: "title" }, make("h2", {}, about.title), make("span", { class: "soft small" }, many(found.length, "check"))),
      found.map(finding))));
}

byId("again").addEventListener("click", repeatedly(look, SECONDS));
get("status").then(sayWhere, () => {});
