/** The network as this program sees it, out of its documents. */
import { get } from "./api.js";
import { Rates } from "./rates.js";

/** How many members are drawn at most; the busiest. */
export const DRAWN = 500;

const growing = new Rates();

function growth(peers) {
  const counts = peers.flatMap((peer) => [[`in ${peer.peer}`, peer.bytesReceived], [`out ${peer.peer}`, peer.bytesSent]]);
  return growing.take(performance.now() / 1000, counts);
}

/**
 * Who is around this host, by which way, and how much goes there and back.
 *
 * @param peers the peers with their traffic; a server has none.
 */
export async function readNetwork(peers) {
  const graph = await get("graph", { most: DRAWN });
  const rates = growth(peers);
  const perSecond = (name) => rates?.get(name) ?? 0;
  const members = graph.nodes.map((node) => ({ ...node, in: perSecond(`in ${node.name}`), out: perSecond(`out ${node.name}`) }));
  return { here: graph.here, members, left: graph.left };
}
