"""
A whole sealed network for tests: a server and nodes on taps in memory, in simulated time.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.config import NodeConfiguration, ServerConfiguration
from wand.control.network_administration import InvitationSettings
from wand.discovery.catalogue import discover
from wand.drivers.lan import LANPort
from wand.ethernet import MAC
from wand.interfaces import Context, ITapDriver
from wand.programs.node import NodeService
from wand.programs.program import Surroundings
from wand.programs.sealed_server import SealedServer
from wand.sealed.credentials.member_status import MemberStatus
from wand.state import UNCHANGED
from wand.status import OwnStatus
from wand.testing.context import simulatedContext
from wand.testing.network import Network

SERVER = "192.0.2.100"


def frame(destination: bytes, source: bytes, payload: bytes = b"payload") -> bytes:
    """
    An Ethernet frame of the experimental EtherType (IEEE 802, table 9-1).
    """
    return destination + source + b"\x88\xb5" + payload


class Dwelling:
    """
    One host: a node of a sealed network, and whoever sits at its tap.  It can be stopped and started again.
    """

    def __init__(self, world: SealedNetworkTestCase, number: int, **keys: object) -> None:
        self.mac = MAC(b"\2\0\0\0\0" + bytes([number]))
        self.address = f"192.0.2.{number}"
        self.lan = f"dwelling {id(self)}"
        self.received: list[bytes] = []
        self.lost: list[str] = []
        self._world = world
        self._keys = {
            "driver": "memory",
            "driverSettings": {"lan": self.lan},
            "mac": str(self.mac),
            "listen": self.address,
            "name": f"node-{number}",
            "state": str(world.directory / f"node-{number}"),
            **keys,
        }
        self.isRunning = False

    def start(self) -> Dwelling:
        """
        Start the node and sit down at its tap.
        """
        self.context = self.makeContext()
        load = lambda: NodeConfiguration(**self._keys)  # type: ignore[arg-type]  # noqa: E731
        self.node = NodeService(
            Surroundings(load, self.context, UNCHANGED, lambda: None, self.lost.append, "node.toml")
        )
        self.node.privilegedStartService()
        self.node.startService()
        driver = discover(ITapDriver).choose("memory")
        self.host: LANPort = driver.lans[self.lan].attach(self.hear)  # type: ignore[attr-defined]
        self.isRunning = True
        return self

    def hear(self, frame: bytes) -> None:
        """
        A frame comes out of the tap.
        """
        self.received.append(frame)

    def makeContext(self) -> Context:
        """
        What the node works with.
        """
        return simulatedContext(self._world.clock, self._world.network, self.address)

    def stop(self) -> None:
        """
        Stop the node.
        """
        if self.isRunning:
            self.isRunning = False
            self.host.detach()
            self._world.end(self.node)

    @property
    def own(self) -> OwnStatus:
        """
        How it stands in the network.
        """
        own = self.node.status().own
        assert own is not None
        return own

    def table(self) -> set[str]:
        """
        The MAC addresses that it knows.
        """
        return {entry.mac for entry in self.node.entries(None, 99)}


DwellingT = TypeVar("DwellingT", bound=Dwelling)


class SealedNetworkTestCase(SynchronousTestCase):
    """
    A server and nodes.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_700_000_000)
        self.network = Network(self.clock, Random(1), delay=0.005)
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)
        self.shown: list[str] = []
        self.server = self.serve()
        self.addCleanup(lambda: self.end(self.server))

    def serverContext(self, listen: str) -> Context:
        """
        What the server works with.
        """
        return simulatedContext(self.clock, self.network, listen)

    def serve(self, name: str = "server", **keys: Any) -> SealedServer:
        """
        Start the server, whose store is a file.
        """
        keys = {"listen": SERVER, **keys}
        configuration = ServerConfiguration(
            state=str(self.directory / name),
            store="sqlite",
            storeSettings={"path": str(self.directory / name / "store.sqlite")},
            **keys,
        )
        server = SealedServer(
            Surroundings(
                load=lambda: configuration,
                context=self.serverContext(keys["listen"]),
                owner=UNCHANGED,
                end=lambda: None,
                lost=self.fail,
            ),
            self.shown.append,
        )
        server.privilegedStartService()
        server.startService()
        self.go(1.0)
        return server

    def go(self, seconds: float) -> None:
        """
        Let time pass.
        """
        for _ in range(round(seconds / 0.02)):
            self.clock.advance(0.02)

    def end(self, program: NodeService | SealedServer) -> None:
        """
        Stop a program, and let it say goodbye.
        """
        stopped = program.stopService()
        self.go(0.5)
        self.successResultOf(stopped)

    def invitation(self, uses: int = 1, name: str = "", bridge: bool = False, approval: bool = False) -> str:
        """
        Have the server invite.
        """
        asked = Deferred.fromCoroutine(
            self.server.network.invite(InvitationSettings([], uses, 3600.0, name, bridge, approval))
        )
        self.go(0.1)
        return str(self.successResultOf(asked))

    def dwelling(self, number: int, joins: bool = True, **keys: object) -> Dwelling:
        """
        Start a node that is stopped at the end of the test.
        """
        return self.settle(Dwelling(self, number, **keys), joins)

    def settle(self, dwelling: DwellingT, joins: bool = True) -> DwellingT:
        """
        See L{dwelling}.
        """
        dwelling.start()
        self.addCleanup(dwelling.stop)
        if joins:
            self.join(dwelling, self.invitation())
        return dwelling

    def join(self, dwelling: Dwelling, token: str) -> None:
        """
        Redeem an invitation.
        """
        self.successResultOf(Deferred.fromCoroutine(dwelling.node.join(token)))
        self.go(2.0)

    def reaches(self, source: Dwelling, target: Dwelling) -> bool:
        """
        Does a frame come out where its destination lives?
        """
        sent = frame(target.mac, source.mac, b"%d" % len(target.received))
        source.host.send(sent)
        self.go(0.2)
        return sent in target.received

    def members(self) -> dict[str, MemberStatus]:
        """
        The members by their names.
        """
        return {each.name: each for each in self.server.network.members(None, 99)}
