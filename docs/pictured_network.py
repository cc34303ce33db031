"""
The network that pictures in the documentation show.
"""

from typing import Final

from wand.lab.commands import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Node
from wand.readings.picture import picture

#: What the members are called, in the order of their nodes; one more waits for an approval.
NAMES: Final = ("berlin", "oslo", "lisbon", "athens", "dublin", "vienna", "zagreb")


def form(network: Deployment, setting: str = "") -> None:
    """
    Make a network in which something is going on.

    @param setting: a line for all configurations.
    """
    server, nodes = network.topology.server, network.topology.nodes
    for site in (server, *nodes):
        file = network.files.configuration(site)
        file.write_text(f"{setting}\n{file.read_text()}")
    for node in nodes:
        file = network.files.configuration(node)
        file.write_text(f'names = ""\n{file.read_text()}')  # there is no resolver in a lab, and a note would say so
    network.startAll()
    members = nodes[: len(NAMES)]
    for node in members:
        network.admit(node)
    network.awaitTables(members)
    called = dict(zip(NAMES, members, strict=True))
    for name, node in called.items():
        network.command(server, "rename", node.name, name)
    _cut(network, called["berlin"], called["vienna"])
    network.programs[called["zagreb"].name].stop()
    network.command(server, "revoke", "--yes", "dublin")
    token = network.invite(nodes[-1], approval=True).read_text()
    network.ask(nodes[-1], lambda node: node.join(token))
    for name, size, pause in (("oslo", 1200, 0.02), ("lisbon", 800, 0.1), ("vienna", 400, 0.05)):
        ping = ("ping", "-q", "-s", str(size), "-i", str(pause), called[name].inside)
        network.hosts[called["berlin"].name].start(f"ping-{name}", *ping)
    wait(lambda: _isSettled(network, called["berlin"]), 120, "the ways that the pictures show")


def _isSettled(network: Deployment, here: Node) -> bool:
    """
    Has everybody the way that it keeps?
    """
    seen = network.ask(here, lambda client: picture(client, len(NAMES) + 1))
    ways = {each.name: each.way for each in seen.nodes}
    measured = all(each.roundTrip is not None for each in seen.nodes if each.online)
    return measured and ways == {
        **dict.fromkeys(("athens", "lisbon", "oslo", "server"), "direct"),
        "vienna": "relay",
        "zagreb": "",
    }


def _cut(network: Deployment, one: Node, other: Node) -> None:
    """
    Let nothing pass between two nodes, so that they need a relay.
    """
    rule = f"type filter hook input priority 0; ip saddr {other.address} drop;"
    network.hosts[one.name].run("nft", "-f", "-", sent=f"table inet cut {{ chain cut {{ {rule} }}; }}")
