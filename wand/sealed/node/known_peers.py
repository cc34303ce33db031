"""
The peers that a node knew, kept over a restart, so that it finds them again while no server answers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from twisted.internet.defer import execute
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.interfaces import ISessions
from wand.interfaces.membership import Member
from wand.sealed.credentials.cache_file import CacheFile, Defer
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.messages import Signed
from wand.sealed.credentials.signed import packed, unpacked, unverified
from wand.sealed.node.claims import Claims
from wand.state import StateDirectory
from wand.timing.repeating import Repeating
from wand.timing.timer import Timer

#: The file in the state directory.
KNOWN_PEERS: Final = "known-peers"

#: How many members are kept.
KNOWN_PEERS_MAXIMUM: Final = 1000

#: Octets of one of them at most.
RECORD_MAXIMUM: Final = 1200

#: Seconds between two looks at whether there is something new to keep.
KEEP_INTERVAL: Final = 30.0

#: Seconds until the next look after a session with somebody new began, as long as only so many are kept.
HASTENED_WITHIN: Final = 1.0
HASTENED_MAXIMUM: Final = 100

#: How many are taken in one turn at a start, the first ones at once, and seconds between two turns: each may cost two
#: signatures.
TAKEN_AT_ONCE: Final = 16
TAKEN_INTERVAL: Final = 0.05

#: How many of those that were here last are greeted.
GREETED_MAXIMUM: Final = 16


class KnownPeer(msgspec.Struct, frozen=True, array_like=True):
    """
    A member, what it announced, and where it was heard.
    """

    certificate: Signed
    claim: Signed
    endpoint: Annotated[str, Meta(max_length=64)]


class KnownPeers:
    """
    Remembers those with whom there is a session.
    """

    def __init__(
        self,
        state: StateDirectory,
        claims: Claims,
        sessions: ISessions,
        clock: IReactorTime,
        failures: Failures,
        notes: Notes,
        defer: Defer = execute,
    ) -> None:
        """
        @param defer: runs a call that may block; by default at once.
        """
        self._defer = defer
        self._claims = claims
        self._sessions = sessions
        self._kept: dict[bytes, KnownPeer] = {}  # whoever was here last is the last
        self._waiting: list[bytes] = []  # those of them that were read and not taken yet, likewise
        self._written = b""
        self._file = CacheFile(KNOWN_PEERS, "known peers", self.keep, state, clock, failures, notes)
        self._taking = Repeating("known peers", self._takeSome, clock, failures)
        self._soon = Timer(clock, self.keep)
        sessions.onSession(self._session)

    def start(self) -> None:
        """
        Offer those who are remembered to the claims, which verify them, and keep up from now on.  Those who were here
        last come first, at once, and are greeted: they may take us for gone.
        """
        self._written = self._file.start(KEEP_INTERVAL)
        for peer in reversed(self._read()):
            certificate = unverified(peer.certificate, Certificate)
            if certificate is not None:
                self._kept[certificate.identity] = peer
        self._waiting = list(self._kept)
        latest = self._waiting[-GREETED_MAXIMUM:]
        self._taking.start(TAKEN_INTERVAL)
        for identity in reversed(latest):
            if self._claims.announcement(identity) is not None:
                self._sessions.seek(identity)

    def stop(self) -> None:
        """
        Keep what there is, and stop.
        """
        self._taking.stop()
        self._soon.stop()
        if self._file.stop():
            content = self._content()
            if content != self._written:
                self._file.write(content)

    def keep(self) -> None:
        """
        Write down who is here, if that has changed.
        """
        content = self._content()
        if content != self._written:
            self._file.writeIn(self._defer, content).addCallback(self._ended, content)

    def _ended(self, isWritten: bool, content: bytes) -> None:
        if isWritten:
            self._written = content

    def _content(self) -> bytes:
        for identity in self._sessions.sessionsWith():
            self._note(identity)
        for identity in tuple(self._kept)[:-KNOWN_PEERS_MAXIMUM]:
            del self._kept[identity]
        return packed([*reversed(self._kept.values())])

    def _note(self, identity: bytes) -> None:
        said, endpoint = self._claims.announcement(identity), self._sessions.endpointOf(identity)
        if said is not None and endpoint is not None:
            self._kept.pop(said.identity, None)
            self._kept[said.identity] = KnownPeer(said.signedCertificate, said.signedClaim, str(endpoint))

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if member.isServer or not self._file.isRunning:
            return
        isNew = peer not in self._kept
        if not up:
            self._note(peer)  # it may say goodbye before the next look, and so may we
        if isNew and len(self._kept) < HASTENED_MAXIMUM and not self._soon.isSet:
            self._soon.set(HASTENED_WITHIN)

    def _read(self) -> list[KnownPeer]:
        """
        What is in the file.  A record that cannot be read costs no other.
        """
        found = unpacked(self._written, list[msgspec.Raw], RECORD_MAXIMUM * KNOWN_PEERS_MAXIMUM)
        peers = [unpacked(bytes(each), KnownPeer, RECORD_MAXIMUM) for each in (found or ())[:KNOWN_PEERS_MAXIMUM]]
        if self._written and (found is None or None in peers):
            self._file.sayDamaged()
        return [each for each in peers if each is not None]

    def _takeSome(self) -> None:
        for _ in range(min(TAKEN_AT_ONCE, len(self._waiting))):
            identity = self._waiting.pop()
            if identity in self._kept:
                self._take(identity, self._kept[identity])
        if not self._waiting:
            self._taking.stop()

    def _take(self, identity: bytes, peer: KnownPeer) -> None:
        self._claims.offer(peer.certificate, peer.claim, isTold=True)  # nobody was met, nor needs it yet
        said = self._claims.announcement(identity)
        if said is None:  # its certificate expired, or it was revoked
            del self._kept[identity]
        elif not self._sessions.isUp(identity):
            with suppress(AddressInvalid):
                where = Endpoint.parse(peer.endpoint)
                self._sessions.introduce(said.identity, said.certificate.exchangeKey, [where])
