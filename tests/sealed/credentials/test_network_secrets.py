"""
Tests for L{wand.sealed.credentials.network_secrets}, and for the messages by which secrets travel.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.membership import TestNetwork, octetsFrom
from twisted.trial.unittest import SynchronousTestCase

from wand.interfaces.membership import Member
from wand.sealed.authority.stored_network import NetworkRecord
from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.messages import (
    MESSAGE_MAXIMUM,
    REVOCATIONS_BESIDE,
    ROTATIONS_PAGE,
    Rotations,
    Secret,
    pack,
    parse,
)
from wand.sealed.credentials.network_secrets import ROTATIONS_KEPT, NetworkSecrets
from wand.sealed.credentials.rotation import Rotation, madeAt, numberOf
from wand.sealed.credentials.signed import signed
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.stored_enrolment import StoredEnrolment

NETWORK = TestNetwork()
KEY = NodeKey.fromSeed(octetsFrom("alice"))


def memberOf(**rights: Any) -> Member:
    certificate = Trust(NETWORK.key.network, lambda: 0.0).check(NETWORK.certificate(KEY, **rights))
    assert certificate is not None
    return certificate.member


ALICE, SERVER, ADMITTER = memberOf(), memberOf(server=True), memberOf(admission=True)


class NetworkSecretsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.now = 1000.0
        self.secrets = self.begun()

    def begun(self, isForNetwork: bool = False) -> NetworkSecrets:
        secrets = NetworkSecrets(lambda: self.now, lambda: isForNetwork)
        secrets.begin(NETWORK.key.network, NETWORK.secret)
        return secrets

    def test_beforeJoining(self) -> None:
        """
        Before there is a network there is no secret.
        """
        secrets = NetworkSecrets(lambda: 0.0)
        self.assertEqual((secrets.numbers, secrets.newest, secrets.kept, secrets.number), ((), b"", [], 0))
        self.assertIsNone(secrets.common((0,), ALICE))
        self.assertFalse(secrets.take([NETWORK.rotation(5)]))

    def test_theFirstSecret(self) -> None:
        """
        The secret with which the network began counts until another one takes its place.
        """
        self.assertEqual((self.secrets.number, self.secrets.newest), (0, NETWORK.secret))
        self.assertEqual(self.secrets.counting, [(0, NETWORK.secret)])
        self.assertEqual(self.secrets.common(None, ALICE), NETWORK.secret)
        self.assertEqual(self.secrets.until, 0)

    def test_anotherSecret(self) -> None:
        """
        Another one takes its place, everybody who is interested is told once, and the former one counts until its time.
        """
        told: list[int] = []
        self.secrets.observe(lambda: told.append(self.secrets.number))
        rotation = NETWORK.rotation(1000, until=2000)
        self.assertTrue(self.secrets.take([rotation]))
        self.assertFalse(self.secrets.take([rotation]))
        self.assertEqual(told, [1000])
        self.assertEqual(self.secrets.newest, octetsFrom("secret 1000"))
        self.assertEqual([number for number, _ in self.secrets.counting], [1000, 0])
        self.assertEqual(self.secrets.common((0,), ALICE), NETWORK.secret)
        self.assertEqual(self.secrets.common((0, 1000, 2000), ALICE), octetsFrom("secret 1000"))
        self.now = 2000.0
        self.assertEqual([number for number, _ in self.secrets.counting], [1000])
        self.assertIsNone(self.secrets.common((0,), ALICE))
        self.assertIsNone(self.secrets.common(None, ALICE))
        self.assertEqual(self.secrets.common((0, 1000), ALICE), octetsFrom("secret 1000"))

    def test_whoSpeaksForTheNetwork(self) -> None:
        """
        With a server, or a node that admits members, every secret counts that both have: whoever was away for long gets
        the new one there.
        """
        self.secrets.take([NETWORK.rotation(1000, until=1000)])
        for member in (SERVER, ADMITTER):
            self.assertEqual(self.secrets.common((0,), member), NETWORK.secret)
        server = self.begun(isForNetwork=True)
        server.take([NETWORK.rotation(1000, until=1000)])
        self.assertEqual(server.common((0,), ALICE), NETWORK.secret)
        self.assertEqual([number for number, _ in server.counting], [1000])

    def test_anUrgentOneEndsAll(self) -> None:
        """
        What takes the place of a secret at once ends those before it, too, whatever was said of them.
        """
        self.secrets.take([NETWORK.rotation(1000, until=9000), NETWORK.rotation(1001, 1000, until=1000)])
        self.assertEqual([number for number, _ in self.secrets.counting], [1001])

    def test_twoAfterEachOther(self) -> None:
        """
        Of two that came quickly one after the other each former one counts for its time.
        """
        self.secrets.take([NETWORK.rotation(1001, 1000, until=9000), NETWORK.rotation(1000, until=8000)])
        self.assertEqual([number for number, _ in self.secrets.counting], [1001, 1000, 0])
        self.now = 8500.0
        self.assertEqual([number for number, _ in self.secrets.counting], [1001, 1000])

    def test_theFirstOfManyCountsNoMore(self) -> None:
        """
        Of a secret of which it is not known when another one took its place nobody says that it counts.
        """
        self.secrets.take([NETWORK.rotation(1001, 1000, until=9000)])
        self.assertEqual([number for number, _ in self.secrets.counting], [1001])

    def test_theSameMoment(self) -> None:
        """
        Of two that do not know of each other the one with the higher number is the newest, and the other counts as long
        as the first of those that it did not know.
        """
        rotations = [NETWORK.rotation(numberOf(1000, each), until=9000, secret=each) for each in (b"a" * 32, b"b" * 32)]
        self.secrets.take(rotations)
        self.assertEqual({madeAt(number) for number in self.secrets.numbers}, {0, 1000})
        self.assertEqual(len(self.secrets.counting), 3)
        self.now = 9000.0
        self.assertEqual([number for number, _ in self.secrets.counting], [self.secrets.number])

    def test_oneNumber(self) -> None:
        """
        Of two different ones of one number everybody keeps the same, whichever came first, and says that it changed.
        """
        one, two = (NETWORK.rotation(1000, secret=each * 32) for each in (b"a", b"b"))
        told: list[bytes] = []
        kept = set()
        for order in ((one, two), (two, one)):
            secrets = self.begun()
            secrets.observe(lambda secrets=secrets: told.append(secrets.newest))  # type: ignore[misc]
            for each in order:
                secrets.take([each])
            kept.add(secrets.rotations)
        self.assertEqual((len(kept), len(told)), (1, 3))

    def test_anEndThatIsTooLate(self) -> None:
        """
        A former secret whose end is later than anybody may say counts no more: somebody's clock was wrong.  Another
        change puts it right.
        """
        self.now = 2e9
        self.secrets.take([NETWORK.rotation(1000, until=4_000_000_000)])
        self.assertEqual([number for number, _ in self.secrets.counting], [1000])
        self.assertEqual((self.secrets.isEndWrong, self.secrets.status().until), (True, 0.0))
        self.secrets.take([NETWORK.rotation(1001, 1000, until=2_000_000_900)])
        self.assertEqual([number for number, _ in self.secrets.counting], [1001, 1000, 0])
        self.assertFalse(self.secrets.isEndWrong)

    def test_howManyAreKept(self) -> None:
        """
        The latest are kept, and the first: by it whoever missed all of them still reaches a server.
        """
        for number in range(1, 9):
            self.secrets.take([NETWORK.rotation(number, number - 1, until=9000)])
        self.assertEqual(self.secrets.numbers, (0, 6, 7, 8))
        self.assertEqual(len(self.secrets.rotations), ROTATIONS_KEPT)
        self.assertFalse(self.secrets.take([NETWORK.rotation(3)]))
        server = self.begun(isForNetwork=True)
        self.assertEqual(server.common(self.secrets.numbers, ALICE), NETWORK.secret)

    def test_onlyTheNetworkMakesThem(self) -> None:
        """
        What another key signed, or the network said of another network, is none.
        """
        others = NetworkKey.fromSeed(octetsFrom("another network"))
        for wrong in (
            signed(others.signing, Rotation(NETWORK.key.network, 5, 0, 0, NETWORK.secret)),
            signed(NETWORK.key.signing, Rotation(others.network, 5, 0, 0, NETWORK.secret)),
            NETWORK.revocation(KEY.identity),
            b"",
        ):
            self.assertFalse(self.secrets.take([wrong]))
        self.assertEqual(self.secrets.numbers, (0,))

    @given(st.permutations(range(1, 8)), st.integers(1, 7))
    @settings(deadline=None)
    def test_theOrderDoesNotMatter(self, order: list[int], some: int) -> None:
        """
        In whatever order and groups they come, and however often, in the end everybody has the same.
        """
        rotations = [NETWORK.rotation(number, number - 1) for number in order]
        secrets = self.begun()
        secrets.take(rotations[:some])
        secrets.take(rotations[some - 1 :])
        self.assertEqual(secrets.numbers, (0, 5, 6, 7))
        self.assertEqual(secrets.merged(reversed(rotations)), secrets.rotations)

    @given(st.binary(max_size=300))
    @settings(deadline=None)
    def test_noiseIsNoRotation(self, octets: bytes) -> None:
        """
        Random octets are none, and never raise.
        """
        self.assertFalse(self.secrets.take([octets]))

    @given(st.data())
    @settings(deadline=None)
    def test_damageIsNoRotation(self, data: st.DataObject) -> None:
        """
        One with a few octets changed or cut off is none.
        """
        rotation = NETWORK.rotation(5)
        octets = bytearray(rotation)
        for index in data.draw(st.lists(st.integers(0, len(octets) - 1), max_size=4)):
            octets[index] = data.draw(st.integers(0, 255))
        damaged = bytes(octets[: data.draw(st.integers(0, len(octets)))])
        self.assertFalse(damaged != rotation and self.begun().take([damaged]))

    def test_nothingIsShown(self) -> None:
        """
        The representations show no secret, and a message without one cannot be made.
        """
        self.assertEqual(repr(Rotation(NETWORK.key.network, 5, 0, 0, NETWORK.secret)), "Rotation(5)")
        self.assertNotIn("secret", repr(Rotations((NETWORK.rotation(5),))))
        kept = (
            NetworkRecord(NETWORK.key.network, b"", NETWORK.secret),
            StoredEnrolment(NETWORK.key.network, b"", NETWORK.secret, b"", ()),
        )
        self.assertEqual([repr(each) for each in kept], ["NetworkRecord()", "StoredEnrolment()"])
        self.assertRaises(ValueError, Rotation, NETWORK.key.network, 5, 0, 0, bytes(32))
        self.assertRaises(ValueError, Rotation, NETWORK.key.network, 5, 5, 0, NETWORK.secret)


class SecretMessageTests(SynchronousTestCase):
    def test_theLargestFits(self) -> None:
        """
        As many rotations as are kept fit into one message, and the latest revocations beside them.
        """
        latest = 2**53
        rotations = tuple(NETWORK.rotation(latest - number, latest - number - 1, latest) for number in range(3))
        allowance = signed(NETWORK.key.signing, Allowance(NETWORK.key.network, KEY.identity, latest, latest, 65_536))
        message = Rotations(rotations, (allowance,) * REVOCATIONS_BESIDE)
        self.assertLessEqual(len(pack(message)), MESSAGE_MAXIMUM)
        self.assertEqual(parse(pack(message)), message)
        self.assertEqual(ROTATIONS_PAGE, ROTATIONS_KEPT)

    def test_theLatestNotices(self) -> None:
        """
        Those go beside them that were signed last.
        """
        trust = Trust(NETWORK.key.network, lambda: 0.0)
        revocations = [NETWORK.revocation(bytes([number]) * 32, number) for number in (4, 1, 3, 2)]
        for each in revocations:
            trust.take(each)
        self.assertEqual(trust.notices.latest(2), [revocations[0], revocations[2]])

    def test_aQuestion(self) -> None:
        """
        What is said of the newest secret is its number alone.
        """
        self.assertEqual(parse(pack(Secret(1000))), Secret(1000))
        self.assertIsNone(parse(b"\x92\x57\xff"))
