"""
The members as all directory servers together list them.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import zip_longest
from typing import Final

import attrs

from wand.counters import Counters
from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.interfaces.control_messages import Sessions
from wand.interfaces.participant import MemberAnnouncement, Participant
from wand.interfaces.sessions import DIRECTORY
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory.messages import PageRecord
from wand.sealed.directory.own_announcement import OwnAnnouncement
from wand.underlay.place_kinds import isLoopback

#: How many endpoints of a member are kept, of all that the servers tell.
ENDPOINTS_MERGED: Final = 16

COUNTERS: Final = {
    "drop-directory-record": "records of members dropped: the certificate or the claim is not valid",
    "drop-directory-endpoint": "endpoints of members dropped: no datagrams go there",
}


@attrs.frozen
class Sighting:
    """
    Where one server says that a member is.

    @ivar version: of the server's log, after the number of that log among those that it had.
    @ivar online: does the server hear it?
    """

    version: tuple[int, int]
    online: bool
    endpoints: tuple[Endpoint, ...]


def directoryName(server: bytes) -> str:
    """
    What a server is called among the directories whose word counts.
    """
    return f"{DIRECTORY} {server.hex()}"


class ListedMembers:
    """
    The members of the network, as the servers tell of them.  A silent server removes nobody.
    """

    def __init__(self, participant: Participant, own: OwnAnnouncement, sessions: Sessions, counters: Counters) -> None:
        counters.declare(COUNTERS)
        self._participant = participant
        self._own = own
        self._claims = participant.claims
        self._sessions = sessions
        self._counters = counters
        self._entries = participant.claims.entries
        self._sightings: dict[bytes, dict[Identity, Sighting]] = {}
        self._claims.forgotten = self.forget
        self._logs: dict[bytes, int] = {}

    def take(self, server: bytes, record: PageRecord) -> bytes | None:
        """
        Take what a server says of a member.  It is verified by itself: one that is not valid disturbs no other.

        @return: the identity of the member; C{None} if the record is not valid.
        """
        announcement = self._valid(record)
        if announcement is None:
            self._counters["drop-directory-record"] += 1
            return None
        identity = Identity(announcement.certificate.identity)
        if identity == self._participant.identity:
            self._own.overtaken(announcement.claim.epoch)
        else:
            self._see(server, identity, announcement, record)
        return identity

    def _see(self, server: bytes, identity: Identity, announcement: MemberAnnouncement, record: PageRecord) -> None:
        seen = self._sightings.setdefault(server, {})
        before, version = seen.get(identity), (self._logs.get(server, 0), record.version)
        if before is not None and version <= before.version:
            return
        were = self._endpoints(identity) if self._isKnown(identity) else None
        seen[identity] = Sighting(version, bool(record.endpoints), self._accepted(server, record.endpoints))
        self._introduce(identity, announcement, were)
        self._entries.claimed(identity)
        say = self._entries.online if seen[identity].online else self._entries.offline
        say(identity, directoryName(server))

    def restarted(self, server: bytes) -> None:
        """
        A server begins a new log: what it said before stands until it says otherwise.
        """
        self._logs[server] = self._logs.get(server, 0) + 1

    def leave(self, server: bytes) -> None:
        """
        A server is none of ours any more: where it said that members are counts no more, nor who is online if another
        says something else.
        """
        self._logs.pop(server, None)
        for identity in self._sightings.pop(server, {}):
            known = self._claims.announcement(identity)
            if known is not None:
                self._sessions.introduce(identity, known.certificate.exchangeKey, self._endpoints(identity))
        self._entries.directoryLeft(directoryName(server))

    def renew(self, servers: Iterable[bytes]) -> None:
        """
        These servers were heard lately: what they said of who is online stands for another lifetime.
        """
        self._entries.sweep()
        self.sweep()
        for server in servers:
            for identity, sighting in self._sightings.get(server, {}).items():
                if sighting.online:
                    self._entries.online(identity, directoryName(server))

    def forget(self, identity: bytes) -> None:
        """
        A member is no longer known: what is told of it is new again.
        """
        for seen in self._sightings.values():
            seen.pop(Identity(identity), None)

    def sweep(self) -> None:
        """
        Forget of whom nothing else is known any more.
        """
        for seen in self._sightings.values():
            for identity in [each for each in seen if self._claims.announcement(each) is None]:
                del seen[identity]

    def count(self, server: bytes) -> int:
        """
        How many members a server told of.
        """
        return len(self._sightings.get(server, ()))

    def _valid(self, record: PageRecord) -> MemberAnnouncement | None:
        said = unverified(record.certificate, Certificate)
        if said is None:
            return None
        isNews = self._claims.offer(record.certificate, record.claim, isTold=True)
        known = self._claims.announcement(said.identity)
        if known is None:
            return None
        if isNews or (record.certificate, record.claim) == (known.signedCertificate, known.signedClaim):
            return known
        isValid = self._participant.isValid(record.certificate, record.claim)
        return known if isValid else None  # what it says is true, if not the newest

    def _introduce(
        self, identity: Identity, announcement: MemberAnnouncement, were: tuple[Endpoint, ...] | None
    ) -> None:
        """
        @param were: the endpoints told before; C{None} if nobody told of this member.
        """
        endpoints = self._endpoints(identity)
        if endpoints != were:
            self._sessions.introduce(identity, announcement.certificate.exchangeKey, endpoints)

    def _isKnown(self, identity: Identity) -> bool:
        return any(identity in seen for seen in self._sightings.values())

    def _endpoints(self, identity: Identity) -> tuple[Endpoint, ...]:
        """
        The endpoints that the servers tell, in turn, so that none crowds out those of another.
        """
        told = [seen[identity].endpoints for seen in self._sightings.values() if identity in seen]
        mixed = (each for row in zip_longest(*told) for each in row if each is not None)
        return tuple(dict.fromkeys(mixed))[:ENDPOINTS_MERGED]

    def _accepted(self, server: bytes, endpoints: Iterable[str]) -> tuple[Endpoint, ...]:
        teller = self._sessions.endpointOf(server)
        isLocal = teller is not None and isLoopback(teller.host)
        accepted = []
        for text in endpoints:
            endpoint = _parsed(text)
            if endpoint is None or str(endpoint) in self._own.endpoints or not self._mayReach(endpoint, isLocal):
                self._counters["drop-directory-endpoint"] += 1
            else:
                accepted.append(endpoint)
        return tuple(accepted)

    def _mayReach(self, endpoint: Endpoint, isLocal: bool) -> bool:
        if isLoopback(endpoint.host) and not isLocal:  # a server elsewhere can know of nobody on this host
            return False
        return self._participant.mayReach(endpoint.host)


def _parsed(text: str) -> Endpoint | None:
    try:
        return Endpoint.parse(text)
    except AddressInvalid:
        return None
