"""
The peers that a node knew, kept over a restart, so that it finds them again while no server answers.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Final

import msgspec
from msgspec import Meta
from twisted.internet.interfaces import IReactorTime

from wand.endpoint import Endpoint
from wand.errors import AddressInvalid
from wand.health.failures import Failures
from wand.health.notes import Notes
from wand.interfaces import ISessions
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.messages import Signed
from wand.sealed.credentials.signed import packed, unpacked, unverified
from wand.sealed.node.cache_file import CacheFile
from wand.sealed.node.claims import Claims
from wand.state import StateDirectory

#: The file in the state directory.
KNOWN_PEERS: Final = "known-peers"

#: How many members are kept.
KNOWN_PEERS_MAXIMUM: Final = 1000

#: Seconds between two looks at whether there is something new to keep.
KEEP_INTERVAL: Final = 30.0


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
    ) -> None:
        self._claims = claims
        self._sessions = sessions
        self._kept: dict[bytes, KnownPeer] = {}
        self._written = b""
        self._file = CacheFile(KNOWN_PEERS, "known peers", self.keep, state, clock, failures, notes)

    def start(self) -> None:
        """
        Offer those who are remembered to the claims, which verify them, and keep up from now on.
        """
        self._written = self._file.start(KEEP_INTERVAL)
        for each in unpacked(self._written, list[KnownPeer], 2_000_000) or ():
            self._remember(each)

    def stop(self) -> None:
        """
        Keep what there is, and stop.
        """
        if self._file.stop():
            self.keep()

    def keep(self) -> None:
        """
        Write down who is here, if that has changed.
        """
        for said in self._claims.announcements:
            endpoint = self._sessions.endpointOf(said.identity) if self._sessions.isUp(said.identity) else None
            if endpoint is not None:
                self._kept.pop(said.identity, None)  # the latest last
                self._kept[said.identity] = KnownPeer(said.signedCertificate, said.signedClaim, str(endpoint))
        for identity in [each for each in self._kept if self._claims.announcement(each) is None]:
            del self._kept[identity]
        content = packed([self._kept[identity] for identity in sorted(list(self._kept)[-KNOWN_PEERS_MAXIMUM:])])
        if content != self._written and self._file.write(content):
            self._written = content

    def _remember(self, peer: KnownPeer) -> None:
        content = unverified(peer.certificate, Certificate)
        self._claims.offer(peer.certificate, peer.claim)
        said = None if content is None else self._claims.announcement(content.identity)
        if said is None:
            return
        self._kept[said.identity] = peer
        with suppress(AddressInvalid):
            where = Endpoint.parse(peer.endpoint)
            self._sessions.introduce(said.identity, said.certificate.exchangeKey, [where])
