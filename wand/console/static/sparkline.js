/** A line that shows how something went lately. */
import { draw } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 44;

/** How many values a line shows. */
export const LENGTH = 60;

/** The line of some values, the latest on the right; what it says is also said beside it in words. */
export function sparkline(values) {
  const top = Math.max(...values, 1e-9);
  const x = (index) => ((index + LENGTH - values.length) * WIDTH) / (LENGTH - 1);
  const y = (value) => HEIGHT - 2 - (value / top) * (HEIGHT - 6);
  const points = values.map((value, index) => `${x(index).toFixed(1)},${y(value).toFixed(1)}`);
  const line = points.length ? `M${points.join("L")}` : "";
  const area = line && `${line}V${HEIGHT}H${x(0).toFixed(1)}Z`;
  return draw(
    "svg",
    { class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("path", { class: "area", d: area }),
    draw("path", { class: "line", d: line, "vector-effect": "non-scaling-stroke" }),
  );
}
