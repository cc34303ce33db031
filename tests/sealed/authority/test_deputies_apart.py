"""
A server and two deputies that do not always hear each other: whatever they give away meanwhile, in the end nobody has
what another has, and all see the same.
"""

from __future__ import annotations

from itertools import combinations

import attrs
from authority_case import ENDPOINTS, AuthorityCase
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from simulated.membership import macFrom, octetsFrom
from twisted.internet.defer import Deferred

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.sealed.authority.deputy import Deputy
from wand.sealed.authority.deputy_membership import OwnMembership
from wand.sealed.authority.stored_network import StoredNetwork
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim, seniorityOf
from wand.sealed.credentials.fields import withoutPrefix
from wand.sealed.credentials.handed import HandedRequest
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.messages import Renewed
from wand.sealed.credentials.signed import signed, unverified
from wand.sealed.credentials.trust import Trust
from wand.stores.memory import MemoryRecords

SERVER = 0
SITES = (0, 1, 2)
PREFIX = "10.77.0.0/26"  # room for everybody who comes in twenty steps
NAMES = ("printer", "camera")

#: How many come.  With the deputies they have room in the prefix, or not all could be adopted.
PEOPLE_MAXIMUM = 10


@attrs.define
class Person:
    """
    Somebody whom one of them admitted.

    @ivar site: which.
    """

    key: NodeKey
    site: int
    certificate: bytes


class DeputySite:
    """
    A deputy, and what it has heard.
    """

    def __init__(self, world: World, key: NodeKey, certificate: bytes) -> None:
        self.key, self.certificate = key, certificate
        self.heard: dict[bytes, Announcement] = {}
        network = world.authority.network
        self.trust = Trust(network.identity, world.wallClock)
        own = OwnMembership(
            key=key,
            storedNetwork=StoredNetwork(
                network.identity, None, network.descriptor, network.signedDescriptor, network.secrets, created=False
            ),
            trust=self.trust,
            certificate=lambda: self.certificate,
            certified=lambda: unverified(self.certificate, Certificate),
            admit=self.trust.admit,
            claimant=self._claimant,
            isMember=lambda identity: (
                identity in self.heard and self.heard[identity].claim.admitter != self.key.identity
            ),
            everybody=self.heard.values,
        )
        self.deputy = world.now(Deputy.open(MemoryRecords(), own, world.clock, world.events, wallClock=world.wallClock))

    def _claimant(self, kind: str, what: MAC | str) -> bytes | None:
        claims = [each for each in self.heard.values() if what in _things(each.certificate)[kind]]
        return min(claims, key=lambda each: each.seniority).identity if claims else None

    def hear(self, announcement: Announcement) -> None:
        """
        Somebody claims what it has.
        """
        before = self.heard.get(announcement.identity)
        if self.trust.check(announcement.signedCertificate) is None:
            return
        if before is None or announcement.precedence > before.precedence:
            self.heard[announcement.identity] = announcement
            self.deputy.heard(announcement)


class World(AuthorityCase):
    """
    The server, two deputies, and those whom they admit.
    """

    def runTest(self) -> None:
        """
        A case for its own sake.
        """

    def begin(self) -> None:
        """
        Appoint the deputies.
        """
        self.setUp()
        self.records, self.state = MemoryRecords(), self.directory()
        self.authority = self.opened(prefix=PREFIX)
        self.people: list[Person] = []
        self.deputies: dict[int, DeputySite] = {}
        for site in (1, 2):
            node = self.joined(self.invite(admits=4), name=f"deputy-{site}")
            self.deputies[site] = DeputySite(self, node.key, node.certificate)
            self.people.append(Person(node.key, SERVER, node.certificate))
        self.apart: set[frozenset[int]] = set()
        self.number = self.epoch = 0

    def together(self, one: int, other: int) -> bool:
        """
        Do two sites hear each other?
        """
        return one == other or frozenset((one, other)) not in self.apart

    def admit(self, site: int, name: str) -> None:
        """
        Somebody comes to a site, and is admitted if there is room.
        """
        if self.number >= PEOPLE_MAXIMUM:
            return
        self.clock.advance(1)
        self.number += 1
        key = NodeKey.fromSeed(octetsFrom(f"person {self.number}"))
        request = HandedRequest.of(key, name, bytes(macFrom(f"person {self.number}")))
        requests = self.authority.requests if site == SERVER else self.deputies[site].deputy.requests
        asked = Deferred.fromCoroutine(requests.enlist(request, "", ENDPOINTS))
        asked.addErrback(lambda failure: failure.trap(MembershipRefused) and None)  # a deputy has so many seats
        answer = self.successResultOf(asked)
        if answer is None:
            return
        self.people.append(Person(key, site, answer.certificate))

    def meet(self, person: Person) -> None:
        """
        Somebody asks whom it can reach for the certificate that it is to have, and all who hear it hear what it claims.
        """
        if self.together(person.site, SERVER):
            self.authority.own.admit(person.certificate, person.key.exchangePublic)
            self._renew(person, self.authority)
        elif person.site != SERVER:
            self._renew(person, self.deputies[person.site].deputy)
        announcement = self._announcement(person)
        for site, deputy in self.deputies.items():
            if self.together(person.site, site):
                deputy.hear(announcement)

    def _renew(self, person: Person, authority: object) -> None:
        content = unverified(person.certificate, Certificate)
        assert content is not None
        answer = self.now(authority.requests.renew(person.key.identity, MAC(content.macs[0])))  # type: ignore[attr-defined]
        if isinstance(answer, Renewed):
            new = unverified(answer.certificate, Certificate)
            assert new is not None
            if not (new.admitter and not content.admitter):
                person.certificate = answer.certificate

    def _announcement(self, person: Person) -> Announcement:
        content = unverified(person.certificate, Certificate)
        assert content is not None
        self.epoch += 1
        claim = Claim(
            content.network,
            content.identity,
            self.epoch,
            content.macs,
            content.addresses,
            content.name,
            content.admitter,
        )
        return Announcement(content, claim, person.certificate, signed(person.key.signing, claim))

    def settle(self) -> None:
        """
        All hear all, until nothing changes any more.
        """
        self.apart.clear()
        for _ in range(6):
            self.clock.advance(1)
            for person in self.people:
                self.meet(person)

    def check(self) -> None:
        """
        Nobody has what another has, all are adopted, and all see the same.
        """
        contents = [unverified(each.certificate, Certificate) for each in self.people]
        certificates = [each for each in contents if each is not None]
        assert len(certificates) == len(self.people)
        assert not any(each.admitter for each in certificates)
        for one, other in combinations(certificates, 2):
            for kind, things in _things(one).items():
                assert not things & _things(other)[kind], (one, other)
        for certificate in certificates:
            for site in self.deputies.values():
                heard = site.heard[certificate.identity]
                assert heard.certificate == certificate
        ranks = [seniorityOf(each) for each in certificates]
        assert len(set(ranks)) == len(ranks)


def _things(certificate: Certificate) -> dict[str, set[object]]:
    return {
        "name": {certificate.name},
        "address": set(map(withoutPrefix, certificate.addresses)),
        "mac": set(map(MAC, certificate.macs)),
    }


class DeputiesApart(RuleBasedStateMachine):
    """
    What happens between them, in any order.
    """

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.world.begin()

    @rule(site=st.sampled_from(SITES), name=st.sampled_from(NAMES))
    def admit(self, site: int, name: str) -> None:
        self.world.admit(site, name)

    @rule(one=st.sampled_from(SITES), other=st.sampled_from(SITES))
    def part(self, one: int, other: int) -> None:
        if one != other:
            self.world.apart.add(frozenset((one, other)))

    @rule(one=st.sampled_from(SITES), other=st.sampled_from(SITES))
    def rejoin(self, one: int, other: int) -> None:
        self.world.apart.discard(frozenset((one, other)))

    @rule(data=st.data())
    def meet(self, data: st.DataObject) -> None:
        self.world.meet(data.draw(st.sampled_from(self.world.people)))

    @rule(seconds=st.integers(1, 100_000))
    def wait(self, seconds: int) -> None:
        if self.world.number < 3:  # later it might be longer than certificates are valid
            self.world.clock.advance(seconds / 100)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.settle()
            self.world.check()
            self.world.doCleanups()


DeputiesApart.TestCase.settings = settings(
    max_examples=12, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck)
)


DeputiesApartTests = DeputiesApart.TestCase
