/** A QR code, out of the rows of its modules. */
import { draw } from "./dom.js";

const QUIET = 4;

/** Draw a code: each row is a text of 0 and 1. */
export function qrCode(rows, title) {
  const size = rows.length + 2 * QUIET;
  const dark = rows.flatMap((row, y) => [...row].map((bit, x) => (bit === "1" ? `M${x + QUIET} ${y + QUIET}h1v1h-1z` : "")));
  return draw("svg", { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": title, "shape-rendering": "crispEdges" },
    draw("path", { d: dark.join(""), fill: "#000000" }));
}
