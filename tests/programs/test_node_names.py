"""
Tests for L{wand.programs.node_names}, on a reactor that binds what the test allows.
"""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

from twisted.internet.error import CannotListenError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces import Context
from wand.names.name_port import NameDatagrams
from wand.programs.node_names import LOOK, LOOPBACK, RESOLVER_RETRY, RETRY, NodeNames
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class FakeReactor:
    """
    Binds what is not refused.

    @ivar open: what is bound.
    """

    def __init__(self) -> None:
        self.open: list[tuple[str, int]] = []
        self.datagrams: Any = None
        self.refused: set[tuple[str, int]] = set()

    def listenUDP(self, port: int, protocol: object, interface: str, size: int) -> Any:
        """
        Bind a port.
        """
        place = interface, port
        if place in self.refused:
            raise CannotListenError(interface, port, OSError(13, "Permission denied"))
        self.open.append(place)
        self.datagrams = protocol if isinstance(protocol, NameDatagrams) else self.datagrams
        return SimpleNamespace(
            getHost=lambda: SimpleNamespace(port=port), stopListening=lambda: self.open.remove(place)
        )

    def listenTCP(self, port: int, factory: object, backlog: int, interface: str) -> Any:
        """
        Bind a port.
        """
        return self.listenUDP(port, factory, interface, backlog)


class FakeCommands:
    """
    A host with systemd-resolved; provides L{wand.names.host_commands.HostCommands}.
    """

    def __init__(self) -> None:
        self.ran: list[str] = []
        self.failure = ""
        self.servers: list[str] = []

    def isTheHost(self) -> bool:
        """
        It is.
        """
        return True

    def has(self, command: str) -> bool:
        """
        It has one.
        """
        return command == "resolvectl"

    def run(self, *command: str, told: str = "") -> str:
        """
        Remember it.
        """
        self.ran.append(" ".join(command[1:]))
        return self.failure

    def nameServers(self) -> list[str]:
        """
        As the test says.
        """
        return self.servers


def member(*addresses: str, network: str = "home") -> Any:
    """
    A membership.
    """
    own = SimpleNamespace(addresses=addresses)
    descriptor = SimpleNamespace(name=network, prefixes=("10.77.0.0/16",))
    enrolment = SimpleNamespace(own=own, descriptor=descriptor, stage="member")
    return SimpleNamespace(enrolment=enrolment, sealed=SimpleNamespace(participant=None), search=None)


class NodeNamesTests(SynchronousTestCase):
    """
    What a node does as its membership changes.  Its tap is called C{lo} here, since that is everywhere.
    """

    def setUp(self) -> None:
        """
        A node.
        """
        clock = Clock()
        self.clock, self.reactor, self.commands = clock, FakeReactor(), FakeCommands()
        self.context: Context = simulatedContext(clock, Network(clock, Random(1)), "192.0.2.1")
        self.names = NodeNames(self.reactor, "{network}.wand", 500, self.context, self.commands)
        self.names.startService()
        self.addCleanup(self.names.stopService)

    def test_amongMembers(self) -> None:
        """
        Once a node is a member it answers at its address, IPv4 first, and has the resolver ask there; the same again
        changes nothing, and at the end all is undone.
        """
        for _ in range(2):
            self.names.look(member("fd00:1::1/64", "10.77.0.1/16"), "lo")
        self.assertEqual(self.reactor.open, [("10.77.0.1", 53)] * 2)
        self.assertEqual(self.names.place, ("10.77.0.1", 53))
        self.assertEqual(self.commands.ran[0], "dns lo 10.77.0.1")
        self.assertEqual(len(self.commands.ran), 5)
        self.successResultOf(self.names.stopService())
        self.assertEqual((self.reactor.open, self.commands.ran[-1]), ([], "revert lo"))

    def test_anotherAddress(self) -> None:
        """
        With another address it moves there at once.
        """
        self.names.look(member("10.77.0.1/16"), "lo")
        self.names.look(member("10.77.0.9/16"), "lo")
        self.assertEqual(self.reactor.open, [("10.77.0.9", 53)] * 2)
        self.assertIn("dns lo 10.77.0.9", self.commands.ran)

    def test_withoutPrivileges(self) -> None:
        """
        Where port 53 is not permitted it takes another, which the resolver is told.
        """
        self.reactor.refused = {("10.77.0.1", 53)}
        self.names.look(member("10.77.0.1/16"), "lo")
        self.assertEqual(self.commands.ran[0], "dns lo 10.77.0.1:5335")
        self.assertEqual(self.context.notes.texts, [])

    def test_anAddressThatCannotBeUsedYet(self) -> None:
        """
        An address that cannot be used is tried once more; then it answers on the loopback.
        """
        self.reactor.refused = {("10.77.0.1", port) for port in (53, 5335, 0)}
        self.names.look(member("10.77.0.1/16"), "lo")
        self.assertEqual(self.reactor.open, [])
        self.clock.advance(RETRY)
        self.assertEqual(self.reactor.open, [(LOOPBACK, 5335)] * 2)

    def test_anotherAddressThatCannotBeUsedYet(self) -> None:
        """
        So is each address that it gets later.
        """
        self.reactor.refused = {("10.77.0.9", port) for port in (53, 5335, 0)}
        for address in ("10.77.0.1/16", "10.77.0.9/16"):
            self.names.look(member(address), "lo")
        self.reactor.refused = {("10.77.0.2", port) for port in (53, 5335, 0)}
        self.clock.advance(RETRY)
        self.assertEqual(self.names.place, ("10.77.0.9", 53))
        self.names.look(member("10.77.0.2/16"), "lo")
        self.reactor.refused = set()
        self.clock.advance(RETRY)
        self.assertEqual(self.names.place, ("10.77.0.2", 53))

    def test_theResolverStartsLater(self) -> None:
        """
        A resolver that starts after the node, as at boot, is told once it is there, and the hint is gone then.
        """
        self.commands.failure = "Failed to get global data: Connection refused"
        self.names.look(member("10.77.0.1/16"), "lo")
        self.assertIn("Connection refused", self.context.notes.texts[0])
        self.commands.failure = ""
        self.commands.ran.clear()
        self.clock.advance(RESOLVER_RETRY)
        self.assertEqual((self.commands.ran[0], len(self.commands.ran)), ("dns lo 10.77.0.1", 5))
        self.assertEqual(self.context.notes.texts, [])
        self.successResultOf(self.names.stopService())
        self.assertEqual((self.clock.getDelayedCalls(), self.commands.ran[-1]), ([], "revert lo"))

    def test_nowhere(self) -> None:
        """
        If nothing can be bound, the node says so and goes on.
        """
        self.reactor.refused = {(host, port) for host in ("10.77.0.1", LOOPBACK) for port in (53, 5335, 0)}
        self.names.look(member("10.77.0.1/16"), "lo")
        self.clock.advance(RETRY)
        self.assertIn("Permission denied", self.context.notes.texts[0])

    def test_theResolverRefuses(self) -> None:
        """
        If the resolver does not take it, that is a hint, which is gone once it does.
        """
        self.commands.failure = "Access denied"
        self.names.look(member("10.77.0.1/16"), "lo")
        self.assertIn("Access denied", self.context.notes.texts[0])
        self.assertTrue(all(note.isHint for note in self.context.notes))
        self.commands.failure = ""
        self.names.look(member("10.77.0.2/16"), "lo")
        self.assertEqual(self.context.notes.texts, [])

    def test_theOperatorDoesIt(self) -> None:
        """
        Once the operator has written what the note says into resolv.conf, it is gone within seconds.
        """
        self.commands.failure = "Access denied"
        self.names.look(member("10.77.0.1/16"), "lo")
        self.clock.advance(LOOK)
        self.assertEqual(len(self.context.notes.texts), 1)
        self.commands.servers = ["10.77.0.1"]
        self.clock.advance(LOOK)
        self.assertEqual(self.context.notes.texts, [])

    def test_thisHostAsks(self) -> None:
        """
        It is gone, too, as soon as somebody on this host asks, such as dnsmasq: and not if another member does.
        """
        self.commands.failure = "Access denied"
        self.names.look(member("10.77.0.1/16"), "lo")
        asked = self.reactor.datagrams.datagramReceived
        asked(b"", ("10.77.0.2", 4711))
        self.assertEqual(len(self.context.notes.texts), 1)
        asked(b"", ("10.77.0.1", 4711))
        self.assertEqual(self.context.notes.texts, [])

    def test_noMember(self) -> None:
        """
        Before it is a member, and once it stops, nothing is opened.
        """
        nobody = SimpleNamespace(enrolment=SimpleNamespace(own=None, descriptor=None))
        self.names.look(nobody, "lo")  # type: ignore[arg-type]
        self.names.stopService()
        self.names.look(member("10.77.0.1/16"), "lo")
        self.assertEqual(self.reactor.open, [])
