/** Figures as people read them. */
import { now } from "./time.js";

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Octets: 1.2 MB. */
export function octets(count) {
  let unit = 0;
  while (count >= 999.5 && unit < UNITS.length - 1) {
    count /= 1000;
    unit += 1;
  }
  return `${unit && count < 9.95 ? count.toFixed(1) : Math.round(count)} ${UNITS[unit]}`;
}

/** Octets a second. */
export const rate = (perSecond) => `${octets(perSecond)}/s`;

/** A number with its thousands apart. */
export const number = (value) => value.toLocaleString("en");

/** A number of things, with their name in the right form. */
export const many = (count, one, more = `${one}s`) => `${number(count)} ${count === 1 ? one : more}`;

/** Seconds as milliseconds, or nothing. */
export function milliseconds(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const value = seconds * 1000;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ms`;
}

/** A duration to the nearest whole unit, the largest of which there are two: 3 h. */
export function duration(seconds) {
  for (const [size, smaller, unit] of [[86400, 3600, "d"], [3600, 60, "h"], [60, 1, "min"]]) {
    if (seconds >= 2 * size - smaller / 2) return `${Math.round(seconds / size)} ${unit}`;
  }
  return `${Math.max(0, Math.round(seconds))} s`;
}

/** How long ago something was, in seconds since the epoch. */
export function ago(time) {
  if (time === null || time === undefined) return "";
  return now() - time < 2 ? "now" : `${duration(now() - time)} ago`;
}

/** How long it is until something. */
export function ahead(time) {
  if (time === null || time === undefined) return "never";
  return time <= now() ? "over" : `in ${duration(time - now())}`;
}

/** The time of day. */
export const clock = (time) => new Date(time * 1000).toLocaleTimeString("en-GB");

/** The day and the time of day. */
export const moment = (time) => new Date(time * 1000).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });

const WRITTEN = { ipv6: "IPv6", mtu: "MTU", udp: "UDP" };

/** What was looked at, as people write it. */
export function called(check) {
  const text = check.split(/[ -]/).map((word) => WRITTEN[word] ?? word).join(" ");
  return text.includes("_") ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

/** The way to a member in words. */
export function wayText(way, relay) {
  if (way === "relay") return relay ? `over the relay ${relay}` : "over a relay";
  if (way === "this") return "this host";
  return way === "stream" ? "in a stream" : way;
}
