"""
The pictures of the console in the documentation: C{python docs/console_pictures.py}, as root, makes a network on this
machine and writes docs/images/console-*.png.
"""

import signal
import sys
from pathlib import Path
from typing import Final

from twisted.internet.epollreactor import EPollReactor

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))


from wand.lab import Lab  # noqa: E402
from wand.lab.deployment import Deployment  # noqa: E402
from wand.lab.loop import Loop  # noqa: E402
from wand.lab.topology import topology  # noqa: E402

PLACE: Final = "127.0.0.1:8080"
ADDRESS: Final = f"http://{PLACE}"

#: What the members are called, in the order of their nodes.
NAMES: Final = ("berlin", "oslo", "lisbon", "athens", "dublin", "vienna", "zagreb")

#: Seconds in which the lines of the figures fill.
MEANWHILE: Final = 45.0


def form(network: Deployment) -> None:
    """
    Make a network in which something is going on.
    """
    server, nodes = network.topology.server, network.topology.nodes
    for site in (server, *nodes):
        file = network.files.configuration(site)
        file.write_text(f'console = "{PLACE}"\n{file.read_text()}')
    network.startAll()
    first, second, *_, relayed, last, _ = nodes
    members = nodes[: len(NAMES)]
    for node in members:
        network.admit(node)
    for node, name in zip(members, NAMES, strict=True):
        network.command(server, "rename", node.name, name)
    network.awaitTables(members)
    _cut(network, first, relayed)
    network.kill(last)
    network.command(server, "revoke", "--yes", "dublin")
    token = network.invite(nodes[-1], approval=True).read_text()
    network.ask(nodes[-1], lambda node: node.join(token))
    for node, size, pause in ((second, 1200, 0.02), (nodes[2], 800, 0.1), (relayed, 400, 0.05)):
        command = ("ping", "-q", "-s", str(size), "-i", str(pause), node.inside)
        network.hosts[first.name].start(f"ping-{node.name}", *command)


def _cut(network: Deployment, one: object, other: object) -> None:
    rule = f"table inet cut {{ chain cut {{ type filter hook input priority 0; ip saddr {other.address} drop; }}; }}"  # type: ignore[attr-defined]
    network.hosts[one.name].run("nft", "-f", "-", sent=rule)  # type: ignore[attr-defined]


def main() -> None:
    with Loop(EPollReactor()) as loop, Lab() as lab:
        network = Deployment(lab, topology(count=len(NAMES) + 1), loop)
        form(network)
        print(lab.name, flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
