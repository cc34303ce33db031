"""
Who owns a MAC address, and what others do to take it.
"""

from __future__ import annotations

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.membership import TestNetwork, macFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Event, Events
from wand.sealed.credentials.identity import Identity, NodeKey
from wand.sealed.credentials.limits import MACS as QUOTA
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.claims import Claims
from wand.sealed.node.learned import HEARD_LIFETIME, MEMORY_LIFETIME, MOVE_HOLD
from wand.sealed.node.member_entries import CLAIMED, LEARNED
from wand.table import Table

NETWORK = TestNetwork()
NODES = {name: NodeKey.fromSeed(octetsFrom(name)) for name in ("own", "alice", "bob", "carol", "dave")}
SHARED = macFrom("shared")


class Observatory:
    """
    A node that hears announcements.
    """

    def __init__(self, limit: int = 100) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.events = Events(self.clock.seconds)
        self.told: list[Event] = []
        self.table = Table(self.clock, self.events, macFrom("own"))
        self.trust = Trust(NETWORK.key.network, self.clock.seconds)
        self.counters = Counters()
        self.claims = Claims(
            NODES["own"].identity,
            self.trust.check,
            self.table,
            self.clock,
            self.events,
            self.counters,
            limit,
            wallClock=self.clock.seconds,
        )
        self.trust.observe(lambda identity, revocation: self.claims.drop(identity))
        self.events.subscribe(self.told.append)

    def hear(
        self,
        name: str,
        macs: tuple[MAC, ...] | None = None,
        *,
        epoch: int = 1,
        since: int = 0,
        issued: int = 0,
        expires: int = 259_200,
        bridge: bool = False,
        called: str | None = None,
        addresses: tuple[str, ...] = (),
    ) -> bool:
        return self.claims.offer(
            *announcement(name, macs, epoch, since, issued, expires, bridge, called or name, addresses)
        )

    def conflicts(self) -> list[Event]:
        return [event for event in self.told if event.kind == "claim-conflict"]

    def owners(self) -> dict[MAC, str]:
        return {MAC(mac): nameOf(peer) for mac, peer in self.table.peerOf.items()}


def announcement(
    name: str,
    macs: tuple[MAC, ...] | None = None,
    epoch: int = 1,
    since: int = 0,
    issued: int = 0,
    expires: int = 259_200,
    bridge: bool = False,
    called: str = "",
    addresses: tuple[str, ...] = (),
) -> tuple[bytes, bytes]:
    key, called = NODES[name], called or name
    macs = (macFrom(called),) if macs is None else macs
    certificate = NETWORK.certificate(
        key, called, macs, addresses, bridge=bridge, since=since, issued=issued, expires=expires
    )
    return certificate, NETWORK.claim(key, called, macs, addresses, epoch)


def nameOf(peer: object) -> str:
    return next(name for name, key in NODES.items() if key.identity == peer)


class ClaimTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.node = Observatory()
        self.claims = self.node.claims

    def test_aClaimFillsTheTable(self) -> None:
        """
        The frames for a claimed MAC go to the member that claims it.
        """
        self.assertTrue(self.node.hear("alice", addresses=("10.77.0.1/16",)))
        self.assertEqual(self.node.owners(), {macFrom("alice"): "alice"})
        self.assertEqual(self.claims.ownerOf("address", "10.77.0.1"), NODES["alice"].identity)
        self.assertEqual(self.claims.ownerOf("name", "alice"), NODES["alice"].identity)

    def test_innerSourceMACIsChecked(self) -> None:
        """
        A member may send from its own MAC only (n2n, tinc and vpncloud never check).
        """
        self.node.hear("alice")
        self.node.hear("bob")
        self.assertTrue(self.claims.sources.mayUse(NODES["alice"].identity, bytes(macFrom("alice")), 0))
        self.assertFalse(self.claims.sources.mayUse(NODES["bob"].identity, bytes(macFrom("alice")), 0))
        self.assertFalse(self.claims.sources.mayUse(NODES["bob"].identity, bytes(macFrom("nobody")), 0))
        self.assertFalse(self.claims.sources.mayUse(NODES["carol"].identity, bytes(macFrom("carol")), 0))

    def test_ourOwnMACStaysOurs(self) -> None:
        """
        Our own claim takes part in conflicts, but our own MAC does not go into the table.
        """
        self.assertTrue(self.node.hear("own"))
        self.assertEqual(self.node.owners(), {})
        self.assertTrue(self.claims.sources.mayUse(NODES["own"].identity, macFrom("own"), 0))

    def test_theLongestMemberWins(self) -> None:
        """
        Of two keys that claim one MAC the one that has been a member for the longest has it, and nobody flips.
        """
        self.node.hear("bob", (SHARED,), since=20)
        for epoch in range(1, 9):
            self.node.hear("alice", (SHARED,), since=10, epoch=epoch)
            self.node.hear("bob", (SHARED,), since=20, epoch=epoch)
            self.assertEqual(self.node.owners(), {SHARED: "alice"})
        self.assertFalse(self.claims.sources.mayUse(NODES["bob"].identity, SHARED, 0))

    def test_bothOperatorsAreToldOnce(self) -> None:
        """
        A conflict is told with the names and keys of both, once, and stands in the status until it is over.
        """
        for epoch in range(1, 5):
            self.node.hear("alice", (SHARED,), since=10, epoch=epoch)
            self.node.hear("bob", (SHARED,), since=20, epoch=epoch)
        (event,) = self.node.conflicts()
        self.assertEqual(
            event.fields,
            {
                "what": "mac",
                "value": str(SHARED),
                "winner": "alice",
                "winnerKey": NODES["alice"].identity.text,
                "loser": "bob",
                "loserKey": NODES["bob"].identity.text,
            },
        )
        self.assertEqual([conflict.loser for conflict in self.claims.conflicts], ["bob"])
        self.claims.drop(NODES["bob"].identity)
        self.assertEqual(self.claims.conflicts, [])

    def test_theNextTakesOver(self) -> None:
        """
        When the owner's certificate expires, or its key is revoked, the next in line has the MAC.
        """
        self.node.hear("alice", (SHARED,), since=10, expires=1500)
        self.node.hear("bob", (SHARED,), since=20)
        self.node.hear("carol", (SHARED,), since=30)
        self.node.clock.advance(500)
        self.assertEqual(self.node.owners(), {SHARED: "bob"})
        self.node.trust.revoke(NETWORK.revocation(NODES["bob"].identity))
        self.assertEqual(self.node.owners(), {SHARED: "carol"})
        self.assertTrue(self.claims.sources.mayUse(NODES["carol"].identity, SHARED, 0))
        self.assertFalse(self.claims.sources.mayUse(NODES["alice"].identity, SHARED, 0))

    def test_certificatesExpireByThemselves(self) -> None:
        """
        A member that vanishes is gone when its certificate expires; one that renews it stays.
        """
        self.node.hear("alice", expires=2000)
        self.node.hear("bob", expires=2000)
        self.node.hear("bob", issued=900, expires=3000)
        self.node.clock.advance(1000)
        self.assertEqual(self.node.owners(), {macFrom("bob"): "bob"})
        self.node.clock.advance(1000)
        self.assertEqual((self.node.owners(), len(self.claims)), ({}, 0))

    def test_aCrashedNodeIsBackAtOnce(self) -> None:
        """
        A node that was killed and starts again claims with a higher epoch and has its MAC at once, with no lock-out
        (n2n refuses it for 90 s).
        """
        self.node.hear("alice", epoch=1)
        self.assertTrue(self.node.hear("alice", epoch=2))
        self.assertEqual(self.node.owners(), {macFrom("alice"): "alice"})
        self.assertTrue(self.claims.sources.mayUse(NODES["alice"].identity, macFrom("alice"), 0))
        self.assertEqual(self.node.conflicts(), [])

    def test_anOldClaimIsNotReplayed(self) -> None:
        """
        A claim of a lower epoch than the last changes nothing.
        """
        self.node.hear("alice", (macFrom("new"),), epoch=2)
        self.assertFalse(self.node.hear("alice", (macFrom("old"),), epoch=1))
        self.assertEqual(self.node.owners(), {macFrom("new"): "alice"})

    def test_aNewClaimLetsGoOfTheRest(self) -> None:
        """
        What a member claims no more is nobody's.
        """
        self.node.hear("alice", (macFrom("a"), macFrom("b")), epoch=1, called="alice")
        self.node.hear("alice", (macFrom("b"), macFrom("c")), epoch=2, called="alicia")
        self.assertEqual(self.node.owners(), {macFrom("b"): "alice", macFrom("c"): "alice"})
        self.assertIsNone(self.claims.ownerOf("name", "alice"))
        self.assertEqual(self.claims.ownerOf("name", "alicia"), NODES["alice"].identity)

    def test_tableUpdateStorm(self) -> None:
        """
        The same claim, announced again and again, changes nothing and tells nobody anything (tinc#424).
        """
        pair = announcement("alice")
        self.assertTrue(self.claims.offer(*pair))
        before = len(self.node.told)
        self.assertEqual(sum(self.claims.offer(*pair) for _ in range(1000)), 0)
        self.assertEqual(len(self.node.told), before)

    def test_oneBadRecordDropsNoOther(self) -> None:
        """
        Between bad records the good ones are taken (headscale#3346: one bad record dropped the whole table).
        """
        good = [announcement("alice"), announcement("bob"), announcement("carol")]
        bad = [(b"", b""), (good[0][0], good[1][1]), (b"\x92" * 40, good[2][1]), announcement("dave", expires=999)]
        mixed = [bad[0], good[0], bad[1], bad[2], good[1], bad[3], good[2]]
        self.assertEqual(sum(self.claims.offer(*each) for each in mixed), 3)
        self.assertEqual(len(self.node.owners()), 3)
        self.assertEqual(self.node.counters["drop-claim-invalid"], 4)

    def test_membersAreBounded(self) -> None:
        """
        Beyond the limit no further member is taken, and those that are known stay and may change.
        """
        node = Observatory(limit=2)
        self.assertEqual([node.hear(name) for name in ("alice", "bob", "carol")], [True, True, False])
        self.assertTrue(node.hear("alice", epoch=2))
        self.assertEqual(node.counters["drop-claim-full"], 1)

    def test_anExpiredPairIsRefused(self) -> None:
        """
        What has expired does not come back, whoever repeats it.
        """
        self.assertFalse(self.node.hear("alice", expires=1000))

    def test_theOperatorsEntryStands(self) -> None:
        """
        When the operator removes an entry, its end by age disturbs nothing.
        """
        self.node.hear("alice", expires=2000)
        self.node.table.removeEverywhere(macFrom("alice"))
        self.node.clock.advance(2000)
        self.assertEqual(len(self.claims), 0)

    def test_nothingIsLeftBehind(self) -> None:
        """
        After the end no timer is left.
        """
        self.node.hear("alice", bridge=True)
        self.claims.sources.mayUse(NODES["alice"].identity, macFrom("x"), 0)
        self.claims.stop()
        self.assertEqual(self.node.clock.getDelayedCalls(), [])


POOL = [
    announcement(name, tuple(macFrom(mac) for mac in macs), epoch, since, 0, 259_200, False, called)
    for name, since in (("alice", 10), ("bob", 10), ("carol", 5))
    for epoch, called, macs in ((1, "x", "pq"), (2, "y", "q"), (2, "x", "pr"), (3, name, "qr"))
]


class OrderTests(SynchronousTestCase):
    def standing(self, pairs: list[tuple[bytes, bytes]]) -> tuple[object, ...]:
        node = Observatory()
        for pair in pairs:
            node.claims.offer(*pair)
        return (
            node.owners(),
            {kind: node.claims.ownerOf("name", kind) for kind in ("x", "y", "alice", "bob", "carol")},
            sorted(map(repr, node.claims.conflicts)),
            {
                (name, mac): node.claims.sources.mayUse(NODES[name].identity, macFrom(mac), 0)
                for name in ("alice", "bob", "carol")
                for mac in "pqr"
            },
        )

    @given(st.lists(st.sampled_from(POOL), max_size=8, unique=True), st.randoms(use_true_random=False))
    @settings(max_examples=60, deadline=None)
    def test_anyOrderGivesTheSameOwners(self, pairs: list[tuple[bytes, bytes]], random: object) -> None:
        """
        Whatever the order in which announcements arrive, and however often, everybody computes the same owners.
        """
        shuffled = [*pairs, *pairs[:3]]
        random.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random of hypothesis
        self.assertEqual(self.standing(pairs), self.standing(shuffled))

    def test_equalMembersAreOrderedByTheirKeys(self) -> None:
        """
        Among those that joined in the same second the lower identity wins, in each order of arrival.
        """
        lowest = min((NODES[name].identity, name) for name in ("alice", "bob", "carol"))[1]
        for order in permutations(("alice", "bob", "carol")):
            node = Observatory()
            for name in order:
                node.hear(name, (SHARED,))
            self.assertEqual(node.owners(), {SHARED: lowest})


class BridgeTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.node = Observatory()
        self.claims = self.node.claims
        self.alice, self.bob = NODES["alice"].identity, NODES["bob"].identity
        self.node.hear("alice", bridge=True)

    def macs(self, count: int) -> list[MAC]:
        return [MAC(b"\x02\0\0\0" + number.to_bytes(2, "big")) for number in range(count)]

    def test_whatIsBehindABridgeIsLearned(self) -> None:
        """
        Frames to a host behind a bridge find it after it sent one, and no claim says anything of it.
        """
        self.assertTrue(self.claims.sources.mayUse(self.alice, bytes(macFrom("printer")), 0))
        entry = self.node.table.entry(macFrom("printer"))
        assert entry is not None
        self.assertEqual((entry.peer, entry.source), (self.alice, LEARNED))
        self.assertIsNone(self.claims.ownerOf("mac", macFrom("printer")))

    def test_macTableExhaustion(self) -> None:
        """
        A member that invents source addresses fills its own quota and nothing else; what it had before goes on (all L2
        peers can be exhausted so).
        """
        taken = [self.claims.sources.mayUse(self.alice, mac, 0) for mac in self.macs(1000)]
        self.assertEqual(sum(taken), QUOTA)
        self.assertTrue(self.claims.sources.mayUse(self.alice, self.macs(1)[0], 0))
        self.assertEqual(len(self.node.table), QUOTA + 1)
        self.assertEqual(self.node.counters["drop-learned"], 1000 - QUOTA)
        self.node.hear("bob", bridge=True)
        self.assertTrue(self.claims.sources.mayUse(self.bob, macFrom("other"), 0))

    def test_withoutTheRightNothingIsLearned(self) -> None:
        """
        A member without the bridge right fills nothing at all.
        """
        self.node.hear("bob")
        self.assertFalse(any(self.claims.sources.mayUse(self.bob, mac, 0) for mac in self.macs(100)))
        self.assertEqual(len(self.claims.learned), 0)

    def test_aClaimedMACIsNotLearned(self) -> None:
        """
        A bridge cannot take what another member claims, nor our own MAC, nor a group's.
        """
        self.assertTrue(self.claims.sources.mayUse(self.alice, macFrom("bob"), 0))
        self.node.hear("bob")
        self.assertFalse(self.claims.sources.mayUse(self.alice, macFrom("bob"), 0))
        self.assertFalse(self.claims.sources.mayUse(self.alice, macFrom("own"), 0))
        self.assertFalse(self.claims.sources.mayUse(self.alice, b"\xff" * 6, 0))
        self.assertEqual(self.node.owners()[macFrom("bob")], "bob")
        self.assertEqual(len(self.claims.learned), 0)

    def test_whatIsSilentIsForgotten(self) -> None:
        """
        A host behind a bridge is forgotten 300 s after its last frame.
        """
        self.claims.sources.mayUse(self.alice, macFrom("printer"), 0)
        self.node.clock.advance(HEARD_LIFETIME - 1)
        self.claims.sources.mayUse(self.alice, macFrom("printer"), 0)
        self.node.clock.advance(HEARD_LIFETIME - 1)
        self.assertIn(macFrom("printer"), self.node.table.peerOf)
        self.node.clock.advance(1)
        self.assertNotIn(macFrom("printer"), self.node.table.peerOf)

    def test_aHostMovesFromBridgeToBridge(self) -> None:
        """
        A host that moved to another bridge is followed there, but does not flap between both.
        """
        self.node.hear("bob", bridge=True)
        self.assertTrue(self.claims.sources.mayUse(self.alice, SHARED, 0))
        self.assertFalse(self.claims.sources.mayUse(self.bob, SHARED, 0))
        self.node.clock.advance(MOVE_HOLD)
        self.assertTrue(self.claims.sources.mayUse(self.bob, SHARED, 0))
        self.assertFalse(self.claims.sources.mayUse(self.alice, SHARED, 0))
        self.assertEqual(self.node.table.peerOf[SHARED], self.bob)

    def test_whoLosesTheRightLosesWhatWasLearned(self) -> None:
        """
        With the bridge right, or with the membership, goes what was learned.
        """
        self.claims.sources.mayUse(self.alice, macFrom("printer"), 0)
        self.node.hear("alice", issued=500, bridge=False)
        self.assertEqual(self.node.owners(), {macFrom("alice"): "alice"})
        self.node.hear("bob", bridge=True)
        self.claims.sources.mayUse(self.bob, macFrom("printer"), 0)
        self.node.trust.revoke(NETWORK.revocation(self.bob))
        self.assertEqual(self.node.owners(), {macFrom("alice"): "alice"})

    def test_theOperatorMayRemoveWhatWasLearned(self) -> None:
        """
        When the operator removes a learned entry, its end by age disturbs nothing.
        """
        self.claims.sources.mayUse(self.alice, macFrom("printer"), 0)
        self.node.table.removeEverywhere(macFrom("printer"))
        self.node.clock.advance(HEARD_LIFETIME + 1)
        self.assertEqual(len(self.node.table), 1)
        self.node.clock.advance(MEMORY_LIFETIME)
        self.assertEqual(len(self.claims.learned), 0)

    def test_claimsAreFoundInTheirSource(self) -> None:
        """
        Entries of claims stand above learned ones, under a source of their own.
        """
        entry = self.node.table.entry(macFrom("alice"))
        assert entry is not None
        self.assertEqual(entry.source, CLAIMED)
        self.assertIsInstance(entry.peer, Identity)
