"""
What is behind bridges: hosts that move, hosts that fight, and claims that come later.
"""

from __future__ import annotations

from math import ceil
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from simulated.membership import TestNetwork, macFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Event, Events
from wand.health.notes import KIND_MAXIMUM, Notes
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.claims import Claims
from wand.sealed.node.learned import (
    HEARD_LIFETIME,
    MEMORY_LIFETIME,
    MOVE_HOLD,
    MOVE_INTERVAL,
    MOVES_MAXIMUM,
    LearnedAddress,
)
from wand.sealed.node.learned_cache import HEARD, KEPT_MAXIMUM, LearnedCache
from wand.state import StateDirectory
from wand.table import Table
from wand.testing.context import failuresOf

NETWORK = TestNetwork()
NODES = {name: NodeKey.fromSeed(octetsFrom(name)) for name in ("own", "alice", "bob", "carol", "eve")}
IDENTITIES = {name: key.identity for name, key in NODES.items()}
GUEST = macFrom("guest")


class Node:
    """
    A node in a network with two bridges, C{alice} and C{bob}, and C{eve} who has no right.
    """

    def __init__(self, *, isBridge: bool = True) -> None:
        self.clock = Clock()
        self.clock.advance(10_000)
        self.events = Events(self.clock.seconds)
        self.told: list[Event] = []
        self.events.subscribe(self.told.append)
        self.notes = Notes(self.clock, self.events)
        self.table = Table(self.clock, self.events, macFrom("own"))
        self.trust = Trust(NETWORK.key.network, self.clock.seconds)
        self.counters = Counters()
        self.failures = failuresOf(self.counters)
        self.claims = Claims(
            IDENTITIES["own"],
            self.trust.check,
            self.table,
            self.clock,
            self.events,
            self.counters,
            wallClock=self.clock.seconds,
            notes=self.notes,
        )
        self.learned = self.claims.learned
        self.hear("own", bridge=isBridge)
        self.hear("alice", bridge=True)
        self.hear("bob", bridge=True)

    def hear(
        self,
        name: str,
        *macs: MAC,
        bridge: bool = False,
        since: int = 0,
        issued: int = 9_000,
        limits: Limits = DEFAULT_LIMITS,
        confirmed: bool = False,
        epoch: int = 1,
    ) -> bool:
        """
        A certificate and a claim come.
        """
        key, own = NODES[name], macs or (macFrom(name),)
        certificate = NETWORK.certificate(
            key,
            name=name,
            macs=own,
            addresses=(),
            bridge=bridge,
            since=since,
            issued=issued,
            expires=issued + 900_000,
            limits=limits,
            confirmed=confirmed,
        )
        return self.claims.offer(certificate, NETWORK.claim(key, name, own, (), epoch))

    def comes(self, name: str, mac: MAC = GUEST, *, toGroup: bool = False) -> bool:
        """
        A frame of a member comes from a MAC address.
        """
        return self.claims.sources.mayUse(IDENTITIES[name], mac, int(toGroup))

    def place(self, mac: MAC = GUEST) -> str:
        """
        Where frames for a MAC address go; empty for nowhere.
        """
        peer = self.table.peerOf.get(mac)
        return next((name for name, identity in IDENTITIES.items() if identity == peer), "")

    def said(self) -> str:
        """
        All notes.
        """
        return "\n".join(self.notes.texts)


class MovingTests(SynchronousTestCase):
    """
    Hosts that move, and hosts that fight.
    """

    def setUp(self) -> None:
        self.node = Node()

    def test_aVirtualMachineMoves(self) -> None:
        """
        The first announcement from the new place moves a host that spoke at the old one a moment ago, and frames that
        were under way meanwhile do not take it back (harvester#10653).
        """
        self.assertTrue(self.node.comes("alice"))
        self.node.clock.advance(0.05)
        self.assertTrue(self.node.comes("bob", toGroup=True))
        self.assertEqual(self.node.place(), "bob")
        self.assertFalse(self.node.comes("alice"))
        self.assertEqual(self.node.place(), "bob")
        self.assertEqual(self.node.said(), "")

    def test_withoutAnAnnouncement(self) -> None:
        """
        A host that only talks to others is found as soon as its old place is silent.
        """
        self.node.comes("alice")
        self.assertFalse(self.node.comes("bob"))
        self.node.clock.advance(MOVE_HOLD)
        self.assertTrue(self.node.comes("bob"))
        self.assertEqual(self.node.place(), "bob")

    def test_thereAndBackAgain(self) -> None:
        """
        A few moves in a row are nothing unusual.
        """
        self.node.comes("alice")
        for name in ("bob", "alice", "bob", "alice"):
            self.node.clock.advance(1)
            self.assertTrue(self.node.comes(name, toGroup=True))
            self.assertEqual(self.node.place(), name)
        self.assertEqual(self.node.said(), "")

    def test_fightsOverManyAddressesAreSaidSeldom(self) -> None:
        """
        A member with the bridge right that fights over all that is behind another, with frame after frame, neither
        displaces what the operator should know nor fills the log.
        """
        node = Node()
        node.notes.say("store", "the store cannot be written")
        macs = [macFrom(f"host {number}") for number in range(200)]
        for turn in range(20):
            for mac in macs:
                node.claims.sources.mayUse(IDENTITIES["alice" if turn % 2 else "bob"], bytes(mac), 1)
            node.clock.advance(1)
        self.assertIn("the store cannot be written", node.notes.texts)
        self.assertLessEqual(len([each for each in node.told if each.kind == "note"]), 1 + KIND_MAXIMUM)

    def test_twoHostsFight(self) -> None:
        """
        Two hosts of one address move it no more than once in a while, and are named.
        """
        changes = 0
        for _ in range(1000):
            self.node.clock.advance(0.1)
            for name in ("alice", "bob"):
                before = self.node.place()
                self.node.comes(name, toGroup=True)
                changes += self.node.place() != before
        self.assertLessEqual(changes, 1 + MOVES_MAXIMUM + 100 / MOVE_INTERVAL)
        self.assertGreater(changes, MOVES_MAXIMUM)
        for word in (str(GUEST), "alice", "bob"):
            self.assertIn(word, self.node.said())
        self.assertGreater(self.node.counters["drop-learned"], 900)
        self.assertEqual(len([event for event in self.node.told if event.kind == "note"]), 1)

    def test_theFightIsOver(self) -> None:
        """
        After a fight the host that is left is found, and nothing is said any more.
        """
        for _ in range(20):
            for name in ("alice", "bob"):
                self.node.comes(name, toGroup=True)
        last = self.node.place()
        left = "bob" if last == "alice" else "alice"
        self.node.clock.advance(MOVE_INTERVAL)
        self.assertTrue(self.node.comes(left, toGroup=True))
        self.assertEqual(self.node.place(), left)
        self.node.clock.advance(700)
        self.assertEqual(self.node.said(), "")

    def test_manyFightsDisturbNobody(self) -> None:
        """
        The moves of one host are not those of another.
        """
        for _ in range(20):
            for name in ("alice", "bob"):
                self.node.comes(name, toGroup=True)
        other = macFrom("other guest")
        self.node.comes("alice", other)
        self.assertTrue(self.node.comes("bob", other, toGroup=True))

    def test_movesToOurOwnLAN(self) -> None:
        """
        A host that moves to behind our own tap has no entry any more, and one that leaves gets one.
        """
        self.node.comes("alice")
        self.assertTrue(self.node.claims.sources.mayLeave(GUEST))
        self.assertEqual(self.node.place(), "")
        self.assertEqual(self.node.learned.holder(GUEST), IDENTITIES["own"])
        self.node.clock.advance(0.1)
        self.assertTrue(self.node.comes("bob", toGroup=True))
        self.assertEqual(self.node.place(), "bob")

    def test_aSilentHostComesBack(self) -> None:
        """
        A host that was silent for long is in no table, and is again after its next frame, here or elsewhere.
        """
        self.node.comes("alice")
        self.node.clock.advance(HEARD_LIFETIME + 1)
        self.assertEqual(self.node.place(), "")
        self.assertTrue(self.node.comes("alice"))
        self.assertEqual(self.node.place(), "alice")
        self.node.clock.advance(HEARD_LIFETIME + 1)
        self.assertTrue(self.node.comes("bob"))
        self.assertEqual(self.node.place(), "bob")

    def test_withoutTheRightNothingMoves(self) -> None:
        """
        A member without the bridge right moves no host, announced or not.
        """
        self.node.hear("eve")
        self.node.comes("alice")
        self.node.clock.advance(10)
        self.assertFalse(self.node.comes("eve", toGroup=True))
        self.assertEqual(self.node.place(), "alice")


class LimitTests(SynchronousTestCase):
    """
    How many addresses there may be behind a member.
    """

    def setUp(self) -> None:
        self.node = Node()

    def macs(self, count: int) -> list[MAC]:
        return [MAC(b"\x02\0\0\0" + number.to_bytes(2, "big")) for number in range(count)]

    def test_theLimitIsInTheCertificate(self) -> None:
        """
        An operator lets more hosts be behind a member, and less; the node says what to do when the limit bites.
        """
        macs = self.macs(2000)
        self.assertEqual(sum(self.node.comes("alice", mac) for mac in macs), 256)
        self.assertIn("wand limit alice --macs 512", self.node.said())
        self.node.hear("alice", bridge=True, issued=9_001, limits=Limits(1024))
        self.assertEqual(sum(self.node.comes("alice", mac) for mac in macs), 1024)
        self.node.hear("bob", bridge=True, issued=9_001, limits=Limits(2))
        self.assertEqual(sum(self.node.comes("bob", macFrom(f"b{number}")) for number in range(9)), 2)

    def test_silentHostsMakeRoom(self) -> None:
        """
        What is merely remembered makes room for hosts that speak.
        """
        for mac in self.macs(256):
            self.node.comes("alice", mac)
        self.node.clock.advance(HEARD_LIFETIME + 1)
        self.assertTrue(all(self.node.comes("alice", macFrom(f"new {number}")) for number in range(256)))
        self.assertEqual(len(self.node.learned), 256)

    def test_howManyBroadcasts(self) -> None:
        """
        The limit of broadcasts is the one of the certificate; it is said when it bites, with what to do.
        """
        self.assertEqual(self.node.claims.sources.broadcastsOf(IDENTITIES["eve"]), Limits().broadcasts)
        self.node.hear("eve", limits=Limits(broadcasts=50))
        self.assertEqual(self.node.claims.sources.broadcastsOf(IDENTITIES["eve"]), 50)
        for _ in range(100):
            self.node.claims.sources.flooded(IDENTITIES["eve"])
        self.assertIn("wand limit eve --broadcasts 100", self.node.said())
        self.assertEqual(len([event for event in self.node.told if event.kind == "note"]), 1)

    def test_whoMayBridge(self) -> None:
        """
        The members with the bridge right are known, ourselves not among them, as certificates come and go.
        """
        bridges = {IDENTITIES["alice"], IDENTITIES["bob"]}
        self.assertEqual(set(self.node.claims.sources.bridges), bridges)
        self.assertTrue(self.node.claims.sources.isBridge)
        self.node.hear("alice", issued=9_001)
        self.node.hear("carol", bridge=True)
        self.node.trust.revoke(NETWORK.revocation(IDENTITIES["bob"]))
        self.node.claims.drop(IDENTITIES["bob"])
        self.assertEqual(set(self.node.claims.sources.bridges), {IDENTITIES["carol"]})
        self.assertFalse(Node(isBridge=False).claims.sources.isBridge)


class ClaimTests(SynchronousTestCase):
    """
    Claims of what was heard behind a bridge before.
    """

    def setUp(self) -> None:
        self.node = Node()
        self.node.comes("alice")
        self.node.clock.advance(60)

    def eveClaims(self, **more: object) -> None:
        self.node.hear("eve", GUEST, issued=10_030, **more)  # type: ignore[arg-type]  # arguments of hear

    def test_aLaterClaimDoesNotTakeIt(self) -> None:
        """
        A member that gives its tap the address of a router behind another does not get the router's frames, and may
        not send as the router; all operators are told who it is and what to do.
        """
        self.eveClaims()
        self.assertEqual(self.node.place(), "alice")
        self.assertTrue(self.node.comes("alice"))
        self.assertFalse(self.node.comes("eve"))
        self.assertIsNone(self.node.claims.ownerOf("mac", GUEST))
        [conflict] = self.node.claims.conflicts
        self.assertEqual((conflict.winner, conflict.loser, conflict.value), ("alice", "eve", str(GUEST)))
        self.assertEqual([event.fields["loser"] for event in self.node.told if event.kind == "claim-conflict"], ["eve"])
        self.assertIn("wand confirm eve", self.node.said())

    def test_notWhileItIsSilent(self) -> None:
        """
        A router that is switched off for a while is remembered for an hour; after that the claim holds.
        """
        self.node.clock.advance(HEARD_LIFETIME + 10)
        self.eveClaims()
        self.assertEqual(self.node.place(), "")
        self.assertFalse(self.node.comes("eve"))
        self.assertTrue(self.node.comes("alice"))
        self.assertEqual(self.node.place(), "alice")
        self.node.clock.pump([HEARD_LIFETIME, MEMORY_LIFETIME - HEARD_LIFETIME])
        self.assertEqual(self.node.place(), "eve")
        self.assertEqual((self.node.claims.conflicts, self.node.said()), ([], ""))

    def test_byRenewalNeither(self) -> None:
        """
        Neither a new start nor a new certificate gives it to the claimant.
        """
        self.eveClaims()
        self.eveClaims(epoch=2)
        self.node.hear("eve", GUEST, issued=10_050, epoch=3)
        self.assertEqual(self.node.place(), "alice")

    def test_theOperatorSaysSo(self) -> None:
        """
        With a certificate that an operator confirmed the claim holds at once.
        """
        self.eveClaims()
        self.node.hear("eve", GUEST, issued=10_060, confirmed=True)
        self.assertEqual(self.node.place(), "eve")
        self.assertEqual((self.node.claims.conflicts, self.node.said()), ([], ""))
        self.assertFalse(self.node.comes("alice"))
        self.assertIn("alice", self.node.said())

    def test_whenTheBridgeIsNoneAnyMore(self) -> None:
        """
        What was behind a member that lost the bridge right, or was revoked, is for who claims it.
        """
        for lose in (
            lambda: self.node.hear("alice", issued=10_060),
            lambda: self.node.claims.drop(IDENTITIES["alice"]),
        ):
            self.setUp()
            self.eveClaims()
            lose()
            self.assertEqual(self.node.place(), "eve")
            self.assertEqual((self.node.claims.conflicts, self.node.said()), ([], ""))

    def test_whoeverClaimedFirstKeepsIt(self) -> None:
        """
        A claim whose certificate is older than what was heard holds: a frame that came by a loop takes nobody's own
        address.
        """
        node = Node()
        node.comes("alice", macFrom("eve"))
        node.clock.advance(5)
        node.hear("eve")
        self.assertEqual(node.place(macFrom("eve")), "eve")
        self.assertFalse(node.comes("alice", macFrom("eve")))
        self.assertIn("alice", node.said())

    def test_behindOurOwnTap(self) -> None:
        """
        What is behind our own tap is not taken either: no frame of the claimant from that address reaches our LAN.
        """
        node = Node()
        node.claims.sources.mayLeave(GUEST)
        node.clock.advance(60)
        node.hear("eve", GUEST, issued=10_030)
        self.assertFalse(node.comes("eve"))
        self.assertEqual(node.place(), "")
        self.assertTrue(node.claims.sources.mayLeave(GUEST))
        self.assertEqual([each.winner for each in node.claims.conflicts], ["own"])

    def test_theClaimantIsTold(self) -> None:
        """
        A node whose own address was heard behind another before tells its operator.
        """
        node = Node()
        node.table.own = GUEST
        node.learned.remember(LearnedAddress(GUEST, IDENTITIES["alice"], 9_500, 9_990))
        node.hear("own", GUEST, issued=9_900)
        self.assertEqual([(each.winner, each.loser) for each in node.claims.conflicts], [("alice", "own")])
        self.assertIn("own claims", node.said())

    def test_withdrawn(self) -> None:
        """
        A claimant that chooses another address is a loser no more.
        """
        self.eveClaims()
        self.node.hear("eve", issued=10_060, epoch=2)
        self.assertEqual((self.node.claims.conflicts, self.node.said()), ([], ""))
        self.assertEqual(self.node.place(), "alice")

    def test_ofSeveralClaimants(self) -> None:
        """
        Of two late claims none has it, and the senior one when what was heard is forgotten.
        """
        self.eveClaims(since=20)
        self.node.hear("carol", GUEST, issued=10_040, since=10)
        self.assertEqual(self.node.place(), "alice")
        self.assertEqual({each.loser for each in self.node.claims.conflicts}, {"eve", "carol"})
        self.node.clock.pump([HEARD_LIFETIME, MEMORY_LIFETIME])
        self.assertEqual(self.node.place(), "carol")

    def test_onlyOwnAddressesLeave(self) -> None:
        """
        Frames of our own host from another member's address do not leave; without the right nothing is learned.
        """
        self.node.hear("eve")
        self.assertFalse(self.node.claims.sources.mayLeave(macFrom("eve")))
        self.assertTrue(self.node.claims.sources.mayLeave(macFrom("own")))
        node = Node(isBridge=False)
        self.assertTrue(node.claims.sources.mayLeave(GUEST))
        self.assertEqual(len(node.learned), 0)


class MemoryTests(SynchronousTestCase):
    """
    What is kept over a restart.
    """

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = StateDirectory(f"{folder.name}/state")
        self.before, self.after = Node(), Node()
        self.notes = Notes(self.after.clock, Events(self.after.clock.seconds))

    def test_aRestartForgetsNothing(self) -> None:
        """
        Nobody takes an address by waiting for a restart; the table itself is learned again.
        """
        cache = LearnedCache(self.state, self.before.learned, self.before.clock, self.before.failures, self.notes)
        cache.start()
        self.before.comes("alice")
        cache.stop()
        LearnedCache(self.state, self.after.learned, self.after.clock, self.after.failures, self.notes).start()
        self.assertEqual(self.after.place(), "")
        self.after.hear("eve", GUEST, issued=10_030)
        self.assertEqual(self.after.place(), "")
        self.assertTrue(self.after.comes("alice"))
        self.assertEqual(self.after.place(), "alice")

    def test_aKilledNodeForgetsAMinute(self) -> None:
        """
        What is new is written within a minute, and nothing is written while nothing is.
        """
        cache = LearnedCache(self.state, self.before.learned, self.before.clock, self.before.failures, self.notes)
        cache.start()
        self.before.comes("alice")
        self.before.clock.advance(60)
        file = self.state.path / HEARD
        self.assertTrue(file.exists())
        file.unlink()
        self.before.clock.pump([60] * 3)
        self.assertFalse(file.exists())

    def test_whatIsTooOld(self) -> None:
        """
        What was heard more than an hour ago is not taken, and nothing is kept for longer than an hour from now.
        """
        for last in (10_000 - MEMORY_LIFETIME - 1, 10_000 - MEMORY_LIFETIME):
            self.after.learned.remember(LearnedAddress(GUEST, IDENTITIES["alice"], 5, last))
        self.assertEqual(len(self.after.learned), 0)
        self.after.learned.remember(LearnedAddress(GUEST, IDENTITIES["alice"], 5, 99_999_999))
        self.after.clock.advance(MEMORY_LIFETIME)
        self.assertEqual(len(self.after.learned), 0)

    def test_anythingMayBeInTheFile(self) -> None:
        """
        A damaged file is not a memory, and disturbs nothing; neither does a directory that cannot be written.
        """
        self.state.write(HEARD, b"\x93\x01\x02\x03")
        cache = LearnedCache(self.state, self.after.learned, self.after.clock, self.after.failures, self.notes)
        cache.start()
        self.assertEqual(len(self.after.learned), 0)
        self.after.comes("alice")
        self.state.path.rename(self.state.path.with_name("gone"))
        cache.stop()

    def test_aFileThatCannotBeRead(self) -> None:
        """
        A file that is open to others is said and not taken; the node works, and writes it again, which ends the note.
        """
        self.state.write(HEARD, b"\x90")
        (self.state.path / HEARD).chmod(0o644)
        cache = LearnedCache(self.state, self.after.learned, self.after.clock, self.after.failures, self.notes)
        cache.start()
        self.assertIn("chmod 600", self.notes.texts[0])
        self.after.comes("alice")
        self.after.clock.advance(60)
        self.assertEqual(self.notes.texts, [])
        cache.stop()

    def test_aFileThatCannotBeWritten(self) -> None:
        """
        As long as the file cannot be written that is said, and it is tried again.
        """
        (self.state.path / HEARD).mkdir()
        cache = LearnedCache(self.state, self.after.learned, self.after.clock, self.after.failures, self.notes)
        cache.start()
        self.after.comes("alice")
        self.after.clock.advance(60)
        self.assertIn("hosts behind bridges would be forgotten at a restart", self.notes.texts[-1])
        (self.state.path / HEARD).rmdir()
        self.after.clock.advance(60)
        self.assertEqual(self.notes.texts, [])
        cache.stop()

    def test_notWithoutEnd(self) -> None:
        """
        A file holds so many and no more.
        """
        self.before.hear("alice", bridge=True, issued=9_001, limits=Limits(65_536))
        for number in range(KEPT_MAXIMUM + 10):
            self.before.comes("alice", MAC(b"\x02\0\0" + number.to_bytes(3, "big")))
        cache = LearnedCache(self.state, self.before.learned, self.before.clock, self.before.failures, self.notes)
        cache.keep()
        self.after.hear("alice", bridge=True, issued=9_001, limits=Limits(65_536))
        LearnedCache(self.state, self.after.learned, self.after.clock, self.after.failures, self.notes).start()
        self.assertEqual(len(self.after.learned), KEPT_MAXIMUM)


PLACES = st.sampled_from(["alice", "bob", "carol"])
GUESTS = [macFrom("guest"), macFrom("other guest")]


class Machine(RuleBasedStateMachine):
    """
    Hosts move, fight and fall silent, members claim, restart, lose the right and go.
    """

    def __init__(self) -> None:
        super().__init__()
        self.node = Node()
        self.node.hear("carol", bridge=True)
        self.begin = self.node.clock.seconds()
        self.epoch = 1
        self.changes = dict.fromkeys(GUESTS, 0)
        self.places = dict.fromkeys(GUESTS, "")

    def look(self) -> None:
        for mac in GUESTS:
            place = self.node.place(mac)
            if place and place != self.places[mac]:
                self.changes[mac] += self.places[mac] not in ("", "eve") and place != "eve"
                self.places[mac] = place

    @rule(name=PLACES, mac=st.sampled_from(GUESTS), toGroup=st.booleans())
    def frame(self, name: str, mac: MAC, toGroup: bool) -> None:
        taken = self.node.comes(name, mac, toGroup=toGroup)
        self.look()
        assert not taken or self.node.place(mac) == name

    @rule(mac=st.sampled_from(GUESTS))
    def ownHost(self, mac: MAC) -> None:
        self.node.claims.sources.mayLeave(mac)

    @rule(name=PLACES, mac=st.sampled_from([macFrom("alice"), macFrom("bob"), macFrom("eve"), macFrom("own")]))
    def theft(self, name: str, mac: MAC) -> None:
        taken = self.node.comes(name, mac, toGroup=True)
        assert not taken or mac == macFrom(name) or mac == macFrom("eve")

    @rule(mac=st.sampled_from([*GUESTS, macFrom("eve")]), confirmed=st.booleans())
    def claim(self, mac: MAC, confirmed: bool) -> None:
        self.epoch += 1
        heard = self.node.learned.since(mac)
        now = int(self.node.clock.seconds())
        before = self.node.claims.ownerOf("mac", mac)
        self.node.hear("eve", mac, issued=now, epoch=self.epoch, confirmed=confirmed)
        isOwner = self.node.claims.ownerOf("mac", mac) == IDENTITIES["eve"]
        assert isOwner == (confirmed or before == IDENTITIES["eve"] or heard >= now)
        self.look()

    @rule(name=PLACES, bridge=st.booleans())
    def right(self, name: str, bridge: bool) -> None:
        self.node.hear(name, bridge=bridge, issued=int(self.node.clock.seconds()))
        self.look()

    @rule(seconds=st.sampled_from([0.01, 0.5, MOVE_HOLD, MOVE_INTERVAL, HEARD_LIFETIME, MEMORY_LIFETIME]))
    def wait(self, seconds: float) -> None:
        self.node.clock.advance(seconds)
        self.look()

    @invariant()
    def noFlapping(self) -> None:
        """
        An address moves no faster than it may; each time it was forgotten or claimed, the count starts over.
        """
        allowed = MOVES_MAXIMUM + ceil((self.node.clock.seconds() - self.begin) / MOVE_INTERVAL)
        for mac in GUESTS:
            if mac not in self.node.learned._hosts or self.node.claims.ownerOf("mac", mac):
                self.changes[mac] = 0
            assert self.changes[mac] <= allowed, (mac, self.changes, allowed)

    @invariant()
    def nobodyLosesItsOwn(self) -> None:
        """
        The members' own addresses stay theirs, whoever sends from them.
        """
        for name in ("alice", "bob", "carol"):
            assert self.node.claims.ownerOf("mac", macFrom(name)) == IDENTITIES[name]
            assert self.node.place(macFrom(name)) == name

    @invariant()
    def tidy(self) -> None:
        """
        What is counted is what is there.
        """
        learned = self.node.learned
        behind = {mac for macs in learned._behind._all.values() for mac in macs}
        assert behind == set(learned._hosts)
        assert {mac for macs in learned._behind._silent.values() for mac in macs} <= behind
        assert len(learned._deadlines) == len(behind)

    def teardown(self) -> None:
        self.node.claims.stop()
        self.node.table.stop()
        assert not self.node.clock.getDelayedCalls()


Machine.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TableUnderMovesFightsAndClaims = Machine.TestCase
