/** Where members are drawn: in rings around this host, in the same place for the same members. */

const FEW = 14;
const INNERMOST = 0.42;

/** How many rings there have to be, so that those in them have room. */
function rings(count) {
  if (count <= FEW) return 1;
  let found = 2;
  while (3 * found * found + 8 * found < count) found += 1;
  return found;
}

/**
 * A place for each of some members.
 *
 * @returns pairs of x and y between -1 and 1; this host is at 0, 0.
 */
export function places(count) {
  const number = rings(count);
  const radii = Array.from({ length: number }, (_, ring) =>
    number === 1 ? 1 : INNERMOST + ((1 - INNERMOST) * ring) / (number - 1),
  );
  const whole = radii.reduce((sum, radius) => sum + radius, 0);
  const found = [];
  let before = 0;
  radii.forEach((radius) => {
    before += radius;
    const here = Math.round((count * before) / whole) - found.length;
    const turned = here % 2 ? 0 : 0.5; // nobody is straight below this host, where its name is
    for (let step = 0; step < here; step += 1) {
      const angle = -Math.PI / 2 + (2 * Math.PI * (step + turned)) / here;
      found.push([radius * Math.cos(angle), radius * Math.sin(angle)]);
    }
  });
  return found;
}
