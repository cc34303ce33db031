"""
Tests of clocks that are wrong, and of clocks that are set: a server and nodes, on taps in memory and a network in
simulated time, each with a time of day of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.config import NodeConfiguration, ServerConfiguration
from wand.control.network_administration import InvitationSettings
from wand.discovery.catalogue import discover
from wand.drivers.lan import LANPort
from wand.ethernet import MAC
from wand.events import Event
from wand.interfaces import ITapDriver
from wand.interfaces.membership import Member
from wand.programs.node import NodeService
from wand.programs.program import Surroundings
from wand.programs.sealed_server import SealedServer
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.node.clock_comparison import ClockComparison
from wand.state import UNCHANGED
from wand.testing.context import WallClock, simulatedContext
from wand.testing.network import Network

SERVER = "192.0.2.100"
DAY = 86_400.0

#: By how much clocks are set here, in seconds.
STEPS = (250.0, 3600.0, 2 * DAY, 3652 * DAY)

#: When the tests begin, in seconds since the epoch.
BEGIN = 1_700_000_000.0

#: How a clock is set.
HOW = "for example with timedatectl set-ntp true"


class Host:
    """
    A node, whoever sits at its tap, and its time of day.
    """

    def __init__(self, world: World, number: int, ahead: float = 0.0) -> None:
        self.mac = MAC(b"\2\0\0\0\0" + bytes([number]))
        self.wallClock = WallClock(world.clock, BEGIN + ahead)
        self.received: list[bytes] = []
        self._world, self._number = world, number
        self._lan = f"clocks {id(self)}"
        self.start()
        world.test.addCleanup(self.stop)

    def start(self) -> None:
        """
        Start the node.
        """
        world, address = self._world, f"192.0.2.{self._number}"
        self.context = simulatedContext(world.clock, world.network, address, wallClock=self.wallClock)
        configuration = NodeConfiguration(
            driver="memory",
            driverSettings={"lan": self._lan},
            mac=str(self.mac),
            listen=address,
            name=f"node-{self._number}",
            state=str(world.directory / f"node-{self._number}"),
        )
        fail = world.test.fail
        self.node = NodeService(Surroundings(lambda: configuration, self.context, UNCHANGED, lambda: None, fail, ""))
        self.node.privilegedStartService()
        self.node.startService()
        driver = discover(ITapDriver).choose("memory")
        self._host: LANPort = driver.lans[self._lan].attach(self.received.append)  # type: ignore[attr-defined]
        self.isRunning = True

    def stop(self) -> None:
        """
        Stop it.
        """
        if self.isRunning:
            self.isRunning = False
            self._host.detach()
            self.node.stopService()

    def restart(self) -> None:
        """
        Stop it, and start it again.
        """
        self.stop()
        self._world.go(1.0)  # it says goodbye
        self.start()

    def say(self, other: Host) -> None:
        """
        Send a frame to another's tap.
        """
        self._host.send(bytes(other.mac) + bytes(self.mac) + b"\x88\xb5" + b"payload")

    @property
    def stage(self) -> str:
        """
        How it stands in the network.
        """
        own = self.node.status().own
        assert own is not None
        return own.stage

    @property
    def note(self) -> str:
        """
        What it says of its clock; empty if nothing.
        """
        return next((note.text for note in self.context.notes if note.key == "clock"), "")


class World:
    """
    The clock that nobody can set, the network, and the server.
    """

    def __init__(self, test: SynchronousTestCase, ahead: float = 0.0) -> None:
        self.test = test
        self.clock = Clock()
        self.clock.advance(17.0)
        self.network = Network(self.clock, Random(1), delay=0.005)
        temporary = TemporaryDirectory()
        test.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)
        self.wallClock = WallClock(self.clock, BEGIN + ahead)
        self.events: list[Event] = []
        self.start()
        test.addCleanup(lambda: self.server.stopService())

    def start(self) -> None:
        """
        Start the server, whose store is a file.
        """
        configuration = ServerConfiguration(
            state=str(self.directory / "server"),
            store="sqlite",
            storeSettings={"path": str(self.directory / "server" / "store.sqlite")},
            listen=SERVER,
        )
        self.context = simulatedContext(self.clock, self.network, SERVER, wallClock=self.wallClock)
        self.context.events.subscribe(self.events.append)
        surroundings = Surroundings(
            lambda: configuration, self.context, UNCHANGED, lambda: None, self.test.fail, origin=""
        )
        self.server = SealedServer(surroundings, lambda text: None)
        self.server.privilegedStartService()
        self.server.startService()
        self.go(1.0)

    def restart(self) -> None:
        """
        Stop the server, and start it again.
        """
        stopping = self.server.stopService()
        self.go(1.0)  # it says goodbye
        self.test.successResultOf(stopping)
        self.start()

    def go(self, seconds: float, step: float = 0.05) -> None:
        """
        Let time pass.
        """
        for _ in range(round(seconds / step)):
            self.clock.advance(step)

    def host(self, number: int, ahead: float = 0.0) -> Host:
        """
        A node that joins.

        @param ahead: by how many seconds its clock is ahead of the true time.
        """
        host = Host(self, number, ahead)
        asked = Deferred.fromCoroutine(self.server.network.invite(InvitationSettings()))
        self.go(0.1)
        token = str(self.test.successResultOf(asked))
        self.test.successResultOf(Deferred.fromCoroutine(host.node.join(token)))
        self.go(3.0)
        return host

    @property
    def note(self) -> str:
        """
        What the server says of clocks; empty if nothing.
        """
        return next((note.text for note in self.context.notes if note.key == "clock"), "")

    @property
    def kinds(self) -> set[str]:
        """
        The kinds of the server's events, which are forgotten.
        """
        kinds = {event.kind for event in self.events}
        self.events.clear()
        return kinds


class ClockTestCase(SynchronousTestCase):
    """
    Tests with a world each.
    """

    def checkReached(self, one: Host, other: Host, why: object = "") -> None:
        """
        Frames go both ways.
        """
        for source, target in ((one, other), (other, one)):
            before = len(target.received)
            source.say(target)
            source._world.go(1.5)
            self.assertGreater(len(target.received), before, why)

    def checkSilent(self, one: Host, other: Host) -> None:
        """
        No frame of the one reaches the other.
        """
        before = len(other.received)
        one.say(other)
        one._world.go(1.5)
        self.assertEqual(len(other.received), before)


class StepTests(ClockTestCase):
    """
    Somebody sets a clock while all run.
    """

    def checkUndisturbed(self, ahead: float, *, server: bool) -> None:
        """
        A step of one clock ends no session and takes nobody away.
        """
        world = World(self)
        one, other = world.host(1), world.host(2)
        self.checkReached(one, other)
        world.go(150.0, 0.1)
        world.events.clear()
        before = one.node.counters["sealed-keepalives-sent"]
        (world.wallClock if server else one.wallClock).step(ahead)
        for _ in range(4):
            world.go(50.0, 0.1)
            self.checkReached(one, other, ahead)
        self.assertFalse(world.kinds & {"member-offline", "session-down"}, ahead)
        self.assertGreater(one.node.counters["sealed-keepalives-sent"], before + 4)
        self.assertEqual(one.node.status().directories[0].state, "answered")

    def test_nodeSetBack(self) -> None:
        """
        A node whose clock is set back keeps its sessions, renews them, and goes on with its keepalives, whatever the
        step; also if its certificate is younger than that.
        """
        for step in STEPS:
            self.checkUndisturbed(-step, server=False)

    def test_nodeSetForward(self) -> None:
        """
        The same for one whose clock is set forward, as long as the certificates are longer valid than that.
        """
        for step in STEPS[:3]:
            self.checkUndisturbed(step, server=False)

    def test_serverSetBack(self) -> None:
        """
        A server whose clock is set back, to before it had any member, serves on.
        """
        for step in STEPS:
            self.checkUndisturbed(-step, server=True)

    def test_serverSetForward(self) -> None:
        """
        A server whose clock is set forward, though every certificate looks expired to it, serves on.
        """
        for step in STEPS:
            self.checkUndisturbed(step, server=True)

    def test_nodeTenYearsAhead(self) -> None:
        """
        A node whose clock is so far ahead that every certificate looks expired still talks to the server, says why
        nothing else goes, and recovers by itself when the clock is right again.
        """
        world = World(self)
        one, other = world.host(1), world.host(2)
        self.checkReached(one, other)
        one.wallClock.step(STEPS[-1])
        world.go(200.0, 0.1)
        self.checkSilent(one, other)
        self.assertEqual(one.note, f"this host's clock is 10 years ahead of the server's: set it, {HOW}")
        self.assertIn("has expired, or this host's clock is ahead", " ".join(one.node.status().notes))
        self.assertEqual(one.node.status().directories[0].state, "answered")
        one.wallClock.step(-STEPS[-1])
        world.go(20.0, 0.1)
        self.checkReached(one, other)
        notes = [each for each in one.node.status().notes if "handshakes were refused" not in each]
        self.assertEqual((one.note, notes), ("", []))

    def test_certificatesOfAServerThatWasAhead(self) -> None:
        """
        What a server issued while its clock was ten years ahead is valid for no ten years: once the clock is right,
        members get another certificate, and everybody takes it.
        """
        world = World(self, ahead=STEPS[-1])
        one, other = world.host(1), world.host(2)
        self.checkReached(one, other)
        world.wallClock.step(-STEPS[-1])
        world.go(400.0, 0.1)
        for host in (one, other):
            own = host.node.status().own
            assert own is not None and own.expires is not None
            self.assertLess(own.expires, host.wallClock() + 4 * DAY)
            self.assertTrue(all(entry.expires for entry in host.node.entries(None, 9)))
        self.checkReached(one, other)
        expiries = [entry.expires for entry in world.server.entries(None, 9)]
        self.assertEqual(len(expiries), 2)
        self.assertLess(max(expiry or 0.0 for expiry in expiries), BEGIN + 5 * DAY)

    def test_aServerThatIsSetRightIsBelieved(self) -> None:
        """
        A server that was told of its own clock, or of its members', tells of them no more within seconds after it was
        set right, and does not wait until all of them make a new session.
        """
        world = World(self, ahead=STEPS[2])
        for number in (1, 2, 3):
            world.host(number)
        self.assertIn("set the clock of this server", world.note)
        world.wallClock.step(-STEPS[2])
        world.events.clear()
        world.go(6.0)
        self.assertEqual(world.note, "")
        self.assertTrue({"clock-set", "clock-agrees"} <= world.kinds)


class RestartTests(ClockTestCase):
    """
    Somebody sets a clock, and a program is started again.
    """

    def test_nodeThatWasAhead(self) -> None:
        """
        A node whose clock was ahead, and is right when it starts again, is answered at once by its peers and the
        server, though its handshakes have an earlier time than before.
        """
        for step in STEPS[:3]:
            world = World(self)
            one, other = world.host(1, ahead=step), world.host(2)
            self.checkReached(one, other)
            one.wallClock.step(-step)
            one.restart()
            world.go(3.0)
            self.assertEqual(one.node.status().directories[0].state, "answered", step)
            self.checkReached(one, other, step)
            self.assertGreater(world.server.counters["sealed-handshakes-proven"], 0)

    def test_nodeThatIsAhead(self) -> None:
        """
        A node whose clock jumps forward while it is off is answered when it starts again; and again when it is right.
        """
        for step in STEPS:
            world = World(self)
            one = world.host(1)
            for change in (step, -step):
                one.wallClock.step(change)
                one.restart()
                world.go(5.0)
                self.assertEqual(one.node.status().directories[0].state, "answered", change)
                self.assertEqual(one.stage, "member")

    def test_nodeThatIsBehind(self) -> None:
        """
        A node that starts with a clock far behind, as those do that have no battery, talks to everybody.
        """
        for step in STEPS:
            world = World(self)
            one, other = world.host(1), world.host(2)
            one.wallClock.step(-step)
            one.restart()
            world.go(5.0)
            self.checkReached(one, other, step)
            one.wallClock.step(step)
            world.go(10.0)
            self.checkReached(one, other, step)

    def test_serverStartsWithAnotherTime(self) -> None:
        """
        A server that starts again with its clock ahead, or behind, has its members back soon.
        """
        for step in (*STEPS, *(-step for step in STEPS)):
            world = World(self)
            one, other = world.host(1), world.host(2)
            world.wallClock.step(step)
            world.restart()
            world.go(90.0, 0.1)
            self.checkReached(one, other, step)
            self.assertEqual(len(world.server.entries(None, 9)), 2, step)
            one.restart()
            world.go(5.0)
            self.checkReached(one, other, step)


class JoiningTests(ClockTestCase):
    """
    A node with a wrong clock joins.
    """

    def test_behind(self) -> None:
        """
        It becomes a member that has everything.
        """
        for step in STEPS:
            world = World(self)
            one, other = world.host(1, ahead=-step), world.host(2)
            self.assertEqual(one.stage, "member", step)
            self.checkReached(one, other, step)

    def test_ahead(self) -> None:
        """
        It becomes a member, and has everything as soon as its clock is right, without a restart.
        """
        for step in STEPS:
            world = World(self)
            one, other = world.host(1, ahead=step), world.host(2)
            self.assertEqual(one.stage, "member", step)
            self.assertIn("ahead of the server's", one.note)
            one.wallClock.step(-step)
            world.go(20.0)
            self.checkReached(one, other, step)
            self.assertEqual(one.note, "", step)


class SayingTests(ClockTestCase):
    """
    Who has a wrong clock is told so, and so is the server.
    """

    def test_atTheNodeAndAtTheServer(self) -> None:
        """
        Both say whose clock it is and how wrong, until it is right, with an event each.
        """
        world = World(self)
        one = world.host(1)
        self.assertEqual((one.note, world.note), ("", ""))
        one.wallClock.step(-2 * DAY)
        world.go(10.0)
        self.assertEqual(one.note, f"this host's clock is 2 days behind the server's: set it, {HOW}")
        self.assertEqual(world.note, f"the clock of node-1 is 2 days behind this server's: set it there, {HOW}")
        self.assertEqual(one.node.status().attention, 1)
        self.assertIn("clock-differs", world.kinds)
        one.wallClock.step(2 * DAY)
        world.go(10.0)
        self.assertEqual((one.note, world.note), ("", ""))
        self.assertIn("clock-agrees", world.kinds)

    def test_whoSetsTheClockIsBelievedAtOnce(self) -> None:
        """
        Whoever is told that the clock is wrong and sets it sees the note go, also while no server can be heard; and
        sees how wrong it is if that made it worse.
        """
        world = World(self)
        one = world.host(1, ahead=2 * DAY)
        world.network.drop(lambda datagram: True)
        one.wallClock.step(2 * DAY)
        world.go(10.0)
        self.assertEqual(one.note, f"this host's clock is 4 days ahead of the server's: set it, {HOW}")
        one.wallClock.step(-4 * DAY)
        world.go(10.0)
        self.assertEqual(one.note, "")

    def test_littleDifferencesAreNone(self) -> None:
        """
        Nobody is told of half a minute.
        """
        world = World(self)
        one = world.host(1, ahead=-30.0)
        world.go(130.0, 0.1)
        self.assertEqual((one.note, world.note), ("", ""))

    def test_theServersClock(self) -> None:
        """
        If most members say that it is another time, the server's operator is told that it is the server's clock.
        """
        world = World(self, ahead=3600.0)
        for number in (1, 2, 3):
            world.host(number)
        self.assertIn("the clocks of 3 of 3 members differ from this server's", world.note)
        self.assertIn("60 min behind it: set the clock of this server", world.note)

    def test_manyMembers(self) -> None:
        """
        A few of many are named, the rest is counted; who is gone for long is forgotten, and memory is bounded.
        """
        world = World(self)
        clocks = ClockComparison(world.context, lambda: None, isServer=True)
        clocks.start()
        self.addCleanup(clocks.stop)
        for number in range(3000):
            clocks.told(_member(number), 300.0 if number % 100 == 0 else 0.0)
        self.assertEqual(len(clocks._compared), 1024)
        self.assertEqual(world.note.count("(5 min ahead)"), 5)
        self.assertIn(" and 5 more differ from this host's: set them there", world.note)
        world.go(1000.0, 1.0)
        self.assertEqual((len(clocks._compared), world.note), (0, ""))

    def test_noHandshakeLooksAtAll(self) -> None:
        """
        What a handshake costs does not grow with the members whose clocks were compared.
        """
        costs = []
        for count in (20, 1000):
            clocks = ClockComparison(World(self).context, lambda: None, isServer=True)
            members = [_member(number) for number in range(count)]
            for number, member in enumerate(members):
                clocks.told(member, 300.0 * (number % 3 == 0))
            calls: list[str] = []
            sys.setprofile(lambda frame, event, argument: calls.append(event))  # noqa: B023
            clocks.told(members[0], 300.0)
            sys.setprofile(None)
            costs.append(len(calls))
        self.assertLess(costs[1], costs[0] + 20)

    def test_peersAreNoReference(self) -> None:
        """
        A node compares its clock with servers alone; of two that disagree it names the wrong one.
        """
        world = World(self)
        clocks = ClockComparison(world.context, lambda: None, isServer=False)
        clocks.told(_member(1), 3600.0)
        self.assertEqual(world.note, "")
        clocks.told(_member(2, server=True), 0.0)
        clocks.told(_member(3, server=True), -3 * 3600.0)
        self.assertIn("the clock of member-3 is 3 hours behind this host's and those of other servers", world.note)


def _member(number: int, *, server: bool = False) -> Member:
    key = NodeKey.fromSeed(number.to_bytes(32, "big"))
    return Member(key.identity, key.exchangePublic, server, f"member-{number}", (), (), False, 0, 0, 1)
