"""
A member that admits others, in simulated time, for the tests of what it does.
"""

from __future__ import annotations

from authority_case import ENDPOINTS, AuthorityCase
from simulated.membership import TestNetwork, macFrom, octetsFrom

from wand.ethernet import MAC
from wand.sealed.authority.deputy import Deputy
from wand.sealed.authority.deputy_membership import OwnMembership
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement
from wand.sealed.credentials.descriptor import Descriptor
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.trust import Trust
from wand.stores.memory import MemoryRecords

NETWORK = TestNetwork(prefix="10.77.0.0/29")
OTHER = NodeKey.fromSeed(octetsFrom("other"))


class DeputyCase(AuthorityCase):
    """
    A deputy with a store in memory, and what others claim.
    """

    def setUp(self) -> None:
        super().setUp()
        self.key = NodeKey.fromSeed(octetsFrom("deputy"))
        self.trust = Trust(NETWORK.key.network, self.wallClock)
        self.claimed: dict[tuple[str, MAC | str], bytes] = {}
        self.grants(expires=int(self.wallClock()) + 9 * 86_400)
        self.records = MemoryRecords()
        self.deputy = self.openedDeputy()

    def grants(self, **what: int) -> None:
        now = int(self.wallClock())
        grant = NETWORK.grant(self.key, **{"expires": now + 86_400, **what})
        expires = now + 30 * 86_400
        self.certificate = NETWORK.certificate(self.key, "deputy", expires=expires, admission=True, grant=grant)

    def openedDeputy(self) -> Deputy:
        descriptor = unverified(NETWORK.descriptor, Descriptor)
        assert descriptor is not None
        own = OwnMembership(
            key=self.key,
            storedNetwork=StoredNetwork(
                NETWORK.key.network, None, descriptor, NETWORK.descriptor, NETWORK.secrets(), created=False
            ),
            trust=self.trust,
            certificate=lambda: self.certificate,
            certified=lambda: unverified(self.certificate, Certificate),
            admit=self.trust.admit,
            claimant=lambda kind, what: self.claimed.get((kind, what)),
            isMember=lambda identity: identity == OTHER.identity,
            everybody=list,
        )
        opening = Deputy.open(self.records, own, self.clock, self.events, wallClock=self.wallClock)
        return self.now(opening)

    def admitted(self, name: str, mac: MAC | None = None) -> Certificate:
        """
        What the certificate of somebody says who was admitted by hand.
        """
        key = NodeKey.fromSeed(octetsFrom(name))
        request = HandedRequest.of(key, name, bytes(mac or macFrom(name)))
        answer = self.now(self.deputy.requests.enlist(request, "", ENDPOINTS))
        assert answer is not None
        content = self.trust.check(answer.certificate)
        assert content is not None
        return content

    def certificateOf(self, identity: bytes) -> Certificate:
        content = self.trust.check(self.deputy.administration.certificateOf(identity))
        assert content is not None
        return content

    def announced(self, name: str, address: str, since: int = 0) -> Announcement:
        """
        Somebody for whom the network signed claims something.
        """
        expires = int(self.wallClock()) + 86_400
        certificate = NETWORK.certificate(OTHER, name, addresses=(address,), since=since, expires=expires)
        claim = NETWORK.claim(OTHER, name, addresses=(address,))
        announcement = Announcement.verified(certificate, claim, self.trust.check)
        assert announcement is not None
        return announcement
