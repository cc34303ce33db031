"""
Programs die and come back; those that talk go on talking.
"""

from __future__ import annotations

from wand.control.client import ControlClient, connect
from wand.demo.loop import Loop
from wand.demo.namespaces import EchoProcess, Namespaces
from wand.demo.topology import Node, Site, topology
from wand.errors import WandError
from wand.lab import Lab, wait


def test_serverMayDieAndComeBack(formed: Namespaces, loop: Loop) -> None:
    """
    While the server is dead, and after it came back, the nodes exchange frames; and the server forgot nobody.
    """
    one, two = formed.topology.nodes
    server = formed.topology.server
    with _Probing(formed) as probing:
        formed.kill(server)
        probing.goOn(10)
        formed.start(server)
        registered = wait(lambda: loop.wait(_entries(formed, formed.topology.server, loop)), 20, "the server")
        probing.goOn(10)
    assert registered == {one.mac, two.mac}
    assert probing.lost() == 0
    assert set(formed.known(one)) == {two.mac}
    assert set(formed.known(two)) == {one.mac}


def test_nodeMayDieAndComeBack(formed: Namespaces) -> None:
    """
    A node that is killed leaves its control socket behind; started again it replaces it, and is reachable in seconds.
    """
    one, two = formed.topology.nodes
    formed.kill(two)
    assert formed.files.control(two).exists()
    assert not formed.ping(one, [two])
    formed.start(two)
    wait(lambda: formed.ping(one, [two]), 10, "an answer of the node that came back")
    wait(lambda: formed.known(two), 10, "an answer at its control socket")


def test_registrationSurvivesLoss(loop: Loop) -> None:
    """
    With 30 % of the datagrams to the server, and 30 % of those from it, lost, nodes register within seconds.
    """
    with Lab() as lab:
        network = Namespaces(lab, topology(count=3, protocol="rel2"), loop)
        network.hosts["server"].lose(30, port=network.topology.serverPort)
        for site in (network.topology.server, *network.topology.nodes):
            network.start(site)
        for node in network.topology.nodes:
            wait(lambda node=node: loop.wait(_isAnswered(network, node, loop)), 15, f"an answer to {node.name}")
        everybody = {node.mac for node in network.topology.nodes}
        assert loop.wait(_entries(network, network.topology.server, loop)) == everybody
        for node in network.topology.nodes:
            wait(
                lambda node=node: loop.wait(_entries(network, node, loop)) == everybody - {node.mac},
                60,
                f"a full table of {node.name}",
            )


class _Probing:
    """
    One node asks the other for echoes.
    """

    def __init__(self, network: Namespaces) -> None:
        self._network = network

    def __enter__(self) -> _Probing:
        one, two = self._network.topology.nodes
        self._probe: EchoProcess = self._network.probe(one, [two])
        wait(self._probe.echoes, 10, "the first echo")
        return self

    def __exit__(self, *_: object) -> None:
        self._probe.stop()

    def goOn(self, count: int) -> None:
        """
        Wait until so many more echoes came.
        """
        before = len(self._probe.echoes())
        wait(lambda: len(self._probe.echoes()) >= before + count, 10, "more echoes")

    def lost(self) -> int:
        """
        How many did not come.
        """
        numbers = {echo.sequence for echo in self._probe.echoes()}
        return max(numbers) + 1 - len(numbers)


async def _entries(network: Namespaces, site: Site, loop: Loop) -> set[str]:
    client = await _connected(network, site, loop)
    if client is None:
        return set()
    try:
        return {entry.mac async for entry in client.entries()}
    finally:
        client.close()


async def _isAnswered(network: Namespaces, node: Node, loop: Loop) -> bool:
    client = await _connected(network, node, loop)
    if client is None:
        return False
    try:
        return all(directory.state == "answered" for directory in (await client.status()).directories)
    finally:
        client.close()


async def _connected(network: Namespaces, site: Site, loop: Loop) -> ControlClient | None:
    try:
        return await connect(loop.reactor, str(network.files.control(site)))
    except WandError:
        return None  # It has only just been started.
