"""
Whose certificates are valid, and how the news of revocations spreads.
"""

from __future__ import annotations

from simulated.membership import TestNetwork, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.identity import Identity, NetworkKey, NodeKey
from wand.sealed.credentials.messages import Revocations, RevocationsDigest, RevocationsWanted, pack, parse
from wand.sealed.credentials.revocation_comparison import RevocationComparison
from wand.sealed.credentials.trust import Trust

NETWORK = TestNetwork()
ALICE = NodeKey.fromSeed(octetsFrom("alice"))
BOB = NodeKey.fromSeed(octetsFrom("bob"))


class CertificateTrustTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1000)
        self.trust = Trust(NETWORK.key.network, self.clock.seconds)

    def test_aMemberIsAdmitted(self) -> None:
        """
        Who presents a valid certificate with the key of the handshake is admitted, with its rights.
        """
        certificate = NETWORK.certificate(ALICE, addresses=("10.77.0.1/16",), bridge=True)
        member = self.trust.admit(certificate, ALICE.exchangePublic)
        assert member is not None
        self.assertEqual((member.identity, member.name, member.bridge), (ALICE.identity, "alice", True))
        self.assertFalse(member.isServer)

    def test_aCertificateIsNoUseWithAnotherKey(self) -> None:
        """
        A stolen certificate does not admit the thief, nor does a part of the right key.
        """
        certificate = NETWORK.certificate(ALICE)
        self.assertIsNone(self.trust.admit(certificate, BOB.exchangePublic))
        self.assertIsNone(self.trust.admit(certificate, ALICE.exchangePublic[:31]))
        self.assertIsNone(self.trust.admit(certificate, b""))

    def test_anotherNetworkIsNotOurs(self) -> None:
        """
        A certificate of another network is refused, also one that our key signed for it.
        """
        other = TestNetwork(NetworkKey.fromSeed(octetsFrom("other")))
        self.assertIsNone(self.trust.admit(other.certificate(ALICE), ALICE.exchangePublic))

    def test_certificatesExpire(self) -> None:
        """
        An expired certificate admits nobody.
        """
        certificate = NETWORK.certificate(ALICE, expires=2000)
        self.assertIsNotNone(self.trust.check(certificate))
        self.clock.advance(1000)
        self.assertIsNone(self.trust.check(certificate))
        self.assertIsNotNone(self.trust.check(certificate, expired=True))

    def test_clocksMayDiffer(self) -> None:
        """
        A certificate that was issued in the future is good: some clock is wrong, and nobody else can sign one.
        """
        for later in (1, 250, 3600, 2 * 86_400, 3652 * 86_400):
            certificate = NETWORK.certificate(ALICE, issued=1000 + later, expires=1001 + later)
            self.assertIsNotNone(self.trust.check(certificate))

    def test_revocationIsOfTheWholeKeyAndSurvivesReissue(self) -> None:
        """
        After a revocation no certificate of the key is valid, whichever was issued before or later (Nebula,
        GHSA-69x3-g4r3-p962); other keys are not concerned.
        """
        self.assertTrue(self.trust.revoke(NETWORK.revocation(ALICE.identity, 500)))
        for issued in (0, 900, 1000):
            certificate = NETWORK.certificate(ALICE, f"alice-{issued}", issued=issued)
            self.assertIsNone(self.trust.admit(certificate, ALICE.exchangePublic))
        self.assertIsNotNone(self.trust.admit(NETWORK.certificate(BOB), BOB.exchangePublic))

    def test_aKeyThatBeginsLikeARevokedOneIsNotRevoked(self) -> None:
        """
        Keys are compared whole (OpenVPN, CVE-2025-13086; ZeroTier, 2021).
        """
        similar = Identity(ALICE.identity[:31] + bytes([ALICE.identity[31] ^ 1]))
        self.trust.revoke(NETWORK.revocation(similar))
        self.assertFalse(self.trust.isRevoked(ALICE.identity))
        self.assertIsNotNone(self.trust.check(NETWORK.certificate(ALICE)))

    def test_onlyTheNetworkRevokes(self) -> None:
        """
        A revocation that somebody else signed is ignored.
        """
        other = TestNetwork(NetworkKey.fromSeed(octetsFrom("other")))
        self.assertFalse(self.trust.revoke(other.revocation(ALICE.identity)))
        self.assertFalse(self.trust.revoke(b"nonsense"))
        self.assertIsNotNone(self.trust.check(NETWORK.certificate(ALICE)))

    def test_observersAreToldOnce(self) -> None:
        """
        A revocation is told when it is news, and not again.
        """
        told: list[Identity] = []
        self.trust.observe(lambda identity, revocation: told.append(identity))
        self.assertTrue(self.trust.revoke(NETWORK.revocation(ALICE.identity)))
        self.assertFalse(self.trust.revoke(NETWORK.revocation(ALICE.identity, 7)))
        self.assertEqual(told, [ALICE.identity])

    def test_memoryIsBoundedAndTheLatestStay(self) -> None:
        """
        Beyond the limit the oldest revocations go, in whatever order they arrived.
        """
        revocations = [NETWORK.revocation(octetsFrom(str(number)), number) for number in range(20)]
        kept = set()
        for order in (revocations, revocations[::-1], revocations[7:] + revocations[:7]):
            trust = Trust(NETWORK.key.network, self.clock.seconds, limit=5)
            trust.load(order)
            self.assertEqual(len(trust.notices.all), 5)
            kept.add(trust.notices.digest)
        self.assertEqual(len(kept), 1)
        self.assertTrue(trust.isRevoked(octetsFrom("19")))


class RevocationNewsTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.here = Trust(NETWORK.key.network, Clock().seconds)
        self.there = Trust(NETWORK.key.network, Clock().seconds)

    def meet(self, first: Trust, second: Trust) -> int:
        """
        Let two talk until neither has anything to say; the number of messages.
        """
        news = {first: RevocationComparison(first), second: RevocationComparison(second)}
        other = {first: second, second: first}
        queue = [(second, news[first].greeting()), (first, news[second].greeting())]
        count = 0
        while queue:
            count += 1
            reader, message = queue.pop(0)
            travelled = parse(pack(message))
            assert isinstance(travelled, RevocationsDigest | RevocationsWanted | Revocations)
            answer = news[reader].answer(travelled)
            if answer is not None:
                queue.append((other[reader], answer))  # type: ignore[arg-type]  # a message is a message
        return count

    def test_whoMeetsLearnsEverything(self) -> None:
        """
        Two who know different revocations know all of them after they met, however many there are.
        """
        for number in range(40):
            (self.here if number % 3 else self.there).revoke(NETWORK.revocation(octetsFrom(str(number)), number))
        self.meet(self.here, self.there)
        self.assertEqual(len(self.here.notices.all), 40)
        self.assertEqual(self.here.notices.digest, self.there.notices.digest)

    def test_whoKnowsTheSameSaysNoMore(self) -> None:
        """
        Between two who know the same nothing but the greetings is sent.
        """
        for trust in (self.here, self.there):
            trust.revoke(NETWORK.revocation(ALICE.identity))
        self.assertEqual(self.meet(self.here, self.there), 2)

    def test_newsTravelThroughPeers(self) -> None:
        """
        A revocation reaches a node that meets no server, only a peer who was told.
        """
        far = Trust(NETWORK.key.network, Clock().seconds)
        self.here.revoke(NETWORK.revocation(ALICE.identity))
        self.meet(self.here, self.there)
        self.meet(self.there, far)
        self.assertTrue(far.isRevoked(ALICE.identity))

    def test_aPageOfNothingEndsTheExchange(self) -> None:
        """
        A peer that keeps promising more and sends nothing is not asked any further.
        """
        news = RevocationComparison(self.here)
        self.assertIsNone(news.answer(Revocations((), b"\1" * 32)))
        self.assertIsNone(news.answer(RevocationsWanted(b"")))

    def test_theLargestPageFitsIntoADatagram(self) -> None:
        """
        A page of revocations is small enough for any path.
        """
        for number in range(12):
            self.here.revoke(NETWORK.revocation(octetsFrom(str(number)), 2**53))
        page = RevocationComparison(self.here).answer(RevocationsWanted(b""))
        assert page is not None
        self.assertLessEqual(len(pack(page)), 1152)
        self.assertEqual(parse(pack(page)), page)
