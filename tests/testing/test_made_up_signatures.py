"""
One contract for signatures, true ones and those that simulations make up.
"""

from __future__ import annotations

from reencoded import reencoded
from simulated.members import SimulatedNetwork
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.trust import Trust
from wand.sealed.gossip.items import Accusation, Presence
from wand.sealed.gossip.signatures import Ed25519Signatures, Signatures
from wand.testing.simulation.signatures import MadeUpSignatures, madeUpMember


class SignaturesContract:
    """
    What holds for every L{Signatures}.

    @ivar network: the network's public key.
    @ivar members: identity, certificate and claim of two members.
    """

    network: bytes
    members: list[tuple[bytes, bytes, bytes]]

    def signatures(self, number: int) -> Signatures:
        raise NotImplementedError

    def bodies(self) -> list[Presence | Accusation]:
        one, two = (each[0] for each in self.members)
        return [
            Presence(self.network, one, 1, 1, True, ()),
            Presence(self.network, one, 1, 2, True, ()),
            Presence(b"\x01" * 32, one, 1, 1, True, ()),
            Accusation(self.network, one, two, 1, 1, 0),
        ]

    def test_signed(self) -> None:
        """
        A signature holds for what was signed, by whom signed it, and for nothing else.
        """
        bodies = self.bodies()
        one, two = (each[0] for each in self.members)
        made = [self.signatures(0).sign(body) for body in bodies]
        for at, body in enumerate(bodies):
            for other, octets in enumerate(made):
                assert self.signatures(1).isSigned(octets, body, one) == (at == other)
            assert not self.signatures(1).isSigned(made[at], body, two)
            assert len(made[at]) == 64

    def test_announced(self) -> None:
        """
        A certificate and a claim are valid together if they are one member's.
        """
        (_, certificate, claim), (_, otherCertificate, otherClaim) = self.members
        signatures = self.signatures(0)
        assert signatures.isAnnounced(certificate, claim)
        assert signatures.isAnnounced(otherCertificate, otherClaim)
        assert not signatures.isAnnounced(certificate, otherClaim)
        assert not signatures.isAnnounced(claim, certificate)
        assert not signatures.isAnnounced(b"", b"")
        for at in range(0, len(certificate), 7):
            broken = certificate[:at] + bytes([certificate[at] ^ 1]) + certificate[at + 1 :]
            assert not signatures.isAnnounced(broken, claim)
        for at in range(0, len(claim), 7):
            assert not signatures.isAnnounced(certificate, claim[:at] + bytes([claim[at] ^ 1]) + claim[at + 1 :])

    def test_oneForm(self) -> None:
        """
        What is signed counts in the form in which its signer wrote it, and in no other that says the same.
        """
        (_, certificate, claim), _ = self.members
        signatures = self.signatures(0)
        for other in reencoded(certificate):
            assert not signatures.isAnnounced(other, claim)
        for other in reencoded(claim):
            assert not signatures.isAnnounced(certificate, other)


class Ed25519SignaturesTests(SignaturesContract, SynchronousTestCase):
    """
    True signatures.
    """

    def setUp(self) -> None:
        network = SimulatedNetwork.begun()
        self.network = network.key.network
        self.people = [network.person(number) for number in (1, 2)]
        self.members = [(each.key.identity, each.signedCertificate, each.claim()) for each in self.people]
        self.trust = Trust(network.key.network, network.clock.seconds)

    def signatures(self, number: int) -> Signatures:
        key = self.people[number].key.signing
        return Ed25519Signatures(
            key.sign,
            lambda certificate, claim: Announcement.verified(certificate, claim, self.trust.check) is not None,
        )


class MadeUpSignaturesTests(SignaturesContract, SynchronousTestCase):
    """
    Made-up ones.
    """

    network = b"\x07" * 32

    def setUp(self) -> None:
        self.members = [madeUpMember(self.network, number) for number in (1, 2)]

    def signatures(self, number: int) -> Signatures:
        return MadeUpSignatures(self.members[number][0], self.network)
