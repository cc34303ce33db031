/** What can be done about members; each asks first. */
import { post } from "./api.js";
import { ask, closing, field, tick } from "./dialog.js";
import { make } from "./dom.js";
import { duration } from "./format.js";
import { copyButton, tell } from "./shell.js";

const LIFETIMES = [900, 3600, 86_400, 7 * 86_400];

const path = (member, action) => `members/${encodeURIComponent(member.key)}/${action}`;

/** Approve somebody who waits. */
export function approve(member, done) {
  ask({
    title: `Approve ${member.name}?`,
    about: "It becomes a member: it reaches everybody else, and everybody reaches it.",
    fields: [identity(member)],
    button: "Approve",
    async act() {
      await post(path(member, "approve"));
      tell(`${member.name} is approved`);
      done();
    },
  });
}

/** Give somebody another name. */
export function rename(member, done) {
  const input = make("input", { name: "name", value: member.name, required: true, autocomplete: "off", spellcheck: "false" });
  ask({
    title: `Rename ${member.name}`,
    fields: [field("New name", input, "Others find it under this name within seconds.")],
    button: "Rename",
    async act(values) {
      const name = values.get("name").trim();
      await post(path(member, "rename"), { name });
      tell(`${member.name} is called ${name} now`);
      done();
    },
  });
  input.select();
}

/** End somebody's membership. */
export function revoke(member, done) {
  ask({
    title: `Revoke ${member.name}?`,
    about: "Its membership ends within seconds, for good: this cannot be undone. To come back it needs a new key and a new invitation.",
    fields: [identity(member)],
    button: "Revoke",
    isGrave: true,
    async act() {
      await post(path(member, "revoke"));
      tell(`${member.name} is revoked`);
      done();
    },
  });
}

function identity(member) {
  const rows = [["Name", member.name], ["Key", member.key], ["Addresses", member.addresses.join(", ")]].filter(([, value]) => value);
  return make("dl", { class: "facts" }, rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", { class: name === "Key" ? "fixed" : null }, value)]));
}

/** Invite somebody. */
export function invite(done) {
  const times = LIFETIMES.map((seconds) => make("option", { value: seconds, selected: seconds === 86_400 }, duration(seconds)));
  ask({
    title: "Invite",
    about: "Whoever has the invitation can join: hand it over as you would a password.",
    fields: [
      make("div", { class: "fields" },
        field("Name", make("input", { name: "name", autocomplete: "off", spellcheck: "false" }), "Empty: the node chooses."),
        field("Nodes", make("input", { name: "uses", type: "number", min: "1", max: "100000", value: "1", required: true }), "How many may join with it."),
        field("Valid for", make("select", { name: "expires" }, times))),
      tick("approval", "Each waits until somebody approves it"),
      tick("bridge", "May bridge other machines into the network"),
      tick("relay", "May relay for members that find no direct way"),
    ],
    button: "Create the invitation",
    async act(values) {
      const isTicked = (name) => values.get(name) !== null;
      const made = await post("invitations", {
        name: values.get("name").trim(),
        uses: Number(values.get("uses")),
        expires: Number(values.get("expires")),
        approval: isTicked("approval"),
        bridge: isTicked("bridge"),
        relay: isTicked("relay"),
      });
      done();
      return { title: "The invitation", content: invitation(made) };
    },
  });
}

function invitation({ token, qr }) {
  const text = make("textarea", { readonly: true, rows: "4", "aria-label": "Invitation", spellcheck: "false" });
  text.value = token;
  text.addEventListener("focus", () => text.select());
  return make("div", { class: "stack" },
    qr ? make("img", { class: "qr", alt: "The same as a QR code", src: `data:image/svg+xml,${encodeURIComponent(qr)}` }) : null,
    text,
    make("div", { class: "row" }, copyButton(token, text, "Copy the invitation")),
    make("p", { class: "soft small" }, "On the node, type wand join and paste it. It is shown only once, and lets anybody who reads it join."),
    closing());
}
