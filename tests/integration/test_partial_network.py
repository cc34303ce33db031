"""
A network of real processes whose nodes follow nobody, and look for whom they need.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.lab import CommandFailed, Host, wait
from wand.lab.deployment import Deployment


def test_nodesThatFollowNobody(makeNetwork: Callable[..., Deployment]) -> None:
    """
    The first packet to a member gets there, by its address, although nobody was told of it; a member that joins later
    is found, one that moves is followed, and one that is killed is found again.
    """
    network = makeNetwork(count=3)
    one, two, three = network.topology.nodes
    for node in network.topology.nodes:
        file = network.files.configuration(node)
        text = file.read_text().replace(f'listen = "{node.address}"', 'listen = "0.0.0.0"')
        file.write_text(
            f"directories = {{ wansd = {{ everybody-up-to = 0 }} }}\nlan-discovery = false\ngroups = false\n{text}"
        )
    network.startAll()
    _, second = [network.admit(node).address.partition("/")[0] for node in (one, two)]
    host = network.hosts[one.name]
    assert network.known(one) == network.known(two) == {}
    assert _received(host, second, 3, patience=20) == 3
    assert (set(network.known(one)), set(network.known(two))) == ({two.mac}, {one.mac})
    assert network.counters(one)["neighbours-answered"] > 0
    third = network.admit(three).address.partition("/")[0]
    assert _received(host, third, 3, patience=20) == 3
    assert "of 1 members" in network.command(one, "status")
    assert "node-3" in network.command(two, "ping", "node-3", "--count", "1")
    eth0 = ("dev", "eth0")
    network.hosts[three.name].run("ip", "address", "delete", "198.51.100.13/24", *eth0)
    network.hosts[three.name].run("ip", "address", "add", "198.51.100.77/24", *eth0)
    wait(lambda: _received(host, third, 1) == 1, 10, "an echo of the member that moved")
    network.kill(two)
    network.start(two)
    wait(lambda: _received(host, second, 1) == 1, 15, "an echo of the member that was killed")


def _received(host: Host, address: str, count: int, patience: int = 1) -> int:
    """
    How many echoes come back, the last within C{patience} seconds.
    """
    try:
        shown = host.run("ping", "-c", str(count), "-i", "0.2", "-W", str(patience), address)
    except CommandFailed:
        return 0
    return int(shown.partition(" received")[0].rpartition(" ")[2])
