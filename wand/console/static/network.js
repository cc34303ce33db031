/** The network as this program sees it, out of its documents. */
import { get } from "./api.js";

/** How many members are drawn at most; the busiest. */
const DRAWN = 500;

/** Whoever is drawn is chosen among all members, and with many that costs the program more: after how many seconds is it asked again? */
export const pauseFor = (total) => (total > DRAWN ? Math.min(total / 250, 30) : 0);

/** Who is around this host, by which way, and how many octets a second go there and back. */
export async function readNetwork() {
  const [graph, top] = await Promise.all([get("graph", { most: DRAWN }), get("top")]);
  const rates = new Map(top.peers.map((peer) => [peer.peer, peer]));
  const members = graph.nodes.map((node) => {
    const { bytesIn = 0, bytesOut = 0 } = rates.get(node.name) ?? {};
    return { ...node, in: bytesIn, out: bytesOut };
  });
  return { here: graph.here, members, left: graph.left, online: graph.online, total: members.length + graph.left };
}
