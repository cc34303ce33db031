"""
Originators: members whose frames to groups reach us over others.  In a large network most of them are strangers to us,
and stay so: only their certificate and claim are kept, of the last ones that were heard.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, Protocol

import attrs

from wand.interfaces.participant import MemberContext
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.chain import certified
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.sessions.peers import Account

#: How many originators are remembered; the one that was heard longest ago makes room.
ORIGINATORS_MAXIMUM: Final = 1024

#: How many refusals are remembered, each of what one member sent of one originator.
REFUSED_MAXIMUM: Final = 1024


class SourceRules(Protocol):
    """
    Who may send from which MAC address; L{wand.sealed.node.source_filter.SourceFilter} provides it.
    """

    def mayUse(self, identity: bytes, mac: bytes, toGroup: int, /) -> bool: ...

    def broadcastsOf(self, identity: bytes, /) -> int: ...

    def flooded(self, identity: bytes, /) -> None: ...


class GroupMembers(Protocol):
    """
    What is known of members; L{wand.sealed.node.claims.Claims} provides it.
    """

    visitors: dict[bytes, Announcement]

    @property
    def sources(self) -> SourceRules: ...

    def announcement(self, identity: bytes, /) -> Announcement | None: ...

    def offer(self, certificate: bytes, claim: bytes, /) -> bool: ...

    def verified(self, certificate: bytes, claim: bytes, /) -> Announcement | None: ...


@attrs.define(eq=False)
class _Heard:
    account: Account = attrs.field(factory=Account)
    told: float = float("-inf")


class Originators:
    """
    Knows who they are, and what they may.

    @ivar identity: our own.
    """

    def __init__(self, members: GroupMembers, sealed: MemberContext, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self.identity = sealed.participant.identity
        self._members = members
        self._sealed = sealed
        self._wallClock = wallClock
        self._heard: OrderedDict[bytes, _Heard] = OrderedDict()
        self._refused: OrderedDict[tuple[bytes, bytes], None] = OrderedDict()

    def known(self, identity: bytes) -> Announcement | None:
        """
        What an originator announced, if we know it.
        """
        known = self._members.announcement(identity)
        if known is None:
            known = self._members.visitors.get(identity)
            if known is not None and known.certificate.expires <= self._wallClock():
                del self._members.visitors[identity]
                return None
        return known

    def heard(self, identity: bytes) -> None:
        """
        A frame of an originator came: others make room before it does.
        """
        visitors = self._members.visitors
        known = visitors.pop(identity, None)
        if known is not None:
            visitors[identity] = known

    def isRefused(self, peer: bytes, identity: bytes) -> bool:
        """
        Were the certificate and the claim not valid for us that a member sent with frames of an originator?  What one
        says is no word against what others send.
        """
        return (peer, identity) in self._refused

    def pairOf(self, identity: bytes) -> tuple[bytes, bytes] | None:
        """
        The certificate and the claim of an originator, to be handed on.
        """
        known = self.known(identity)
        return None if known is None else (known.signedCertificate, known.signedClaim)

    def isNews(self, certificate: bytes, claim: bytes) -> bool:
        """
        Is it worth verifying who an originator is said to be?
        """
        content, said = unverified(certificate, Certificate), unverified(claim, Claim)
        if content is None or said is None or content.identity == self.identity:
            return False
        known = self.known(content.identity)
        return known is None or Announcement(content, said, certificate, claim).precedence > known.precedence

    def introduced(self, peer: bytes, certificate: bytes, claim: bytes) -> bool:
        """
        A member says who an originator is, and that is news.

        @return: C{False} if it was made up: neither the network nor the originator signed that.
        """
        announcement = self._members.verified(certificate, claim)
        if announcement is None:
            return self._refuse(peer, certificate, claim)
        known = self.known(announcement.identity)
        if known is None or announcement.precedence > known.precedence:
            self._refused.pop((peer, announcement.identity), None)
            self._keep(announcement)
        return True

    def mayUse(self, identity: bytes, mac: bytes) -> bool:
        """
        May a frame of an originator to a group have this source address?
        """
        return self._members.sources.mayUse(identity, mac, 1)

    def isFlooding(self, identity: bytes, now: float) -> bool:
        """
        Did an originator send all that it may?  If so, that is said as of a peer.
        """
        sources = self._members.sources
        if not self._of(identity).account.isFlooding(now, sources.broadcastsOf(identity)):
            return False
        sources.flooded(identity)
        return True

    def mayFlood(self, identity: bytes, now: float) -> bool:
        """
        May an originator send one more frame to a group?  If not, that is said as of a peer.
        """
        sources = self._members.sources
        if self._of(identity).account.mayFlood(now, sources.broadcastsOf(identity)):
            return True
        sources.flooded(identity)
        return False

    def isSilent(self, identity: bytes, now: float, interval: float) -> bool:
        """
        Was it not said for an interval that an originator lives?  From now on it was.
        """
        heard = self._of(identity)
        if now - heard.told < interval:
            return False
        heard.told = now
        return True

    # How it is done.

    def _keep(self, announcement: Announcement) -> None:
        """
        A stranger is only remembered; who has hosts behind it, or is known already, is a member like those that a
        directory tells of.
        """
        visitors = self._members.visitors
        identity = announcement.identity
        isNew = self._members.announcement(identity) is None
        if announcement.certificate.bridge or not isNew:
            if self._members.offer(announcement.signedCertificate, announcement.signedClaim) and isNew:
                self._met(announcement)
            return
        visitors.pop(identity, None)
        visitors[identity] = announcement
        if len(visitors) > ORIGINATORS_MAXIMUM:
            del visitors[next(iter(visitors))]

    def _met(self, announcement: Announcement) -> None:
        """
        A member is new to us: it stays in the table as one that is heard, and is looked for when something is to go to
        it.
        """
        identity, sessions = announcement.identity, self._sealed.sessions
        self._sealed.participant.claims.entries.claimed(identity)
        if sessions.endpointOf(identity) is None:
            sessions.introduce(identity, announcement.certificate.exchangeKey, ())

    def _refuse(self, peer: bytes, certificate: bytes, claim: bytes) -> bool:
        """
        Something is not valid: it was once, perhaps, and may be still for who sent it.
        """
        own = self._sealed.participant.claims.announcement(self.identity)
        if own is None:
            return True
        network = own.certificate.network
        past = Announcement.verified(certificate, claim, lambda octets: certified(octets, network))
        if past is None:
            return False
        self._refused[peer, past.identity] = None
        if len(self._refused) > REFUSED_MAXIMUM:
            self._refused.popitem(last=False)
        return True

    def _of(self, identity: bytes) -> _Heard:
        heard = self._heard.get(identity)
        if heard is None:
            heard = self._heard[identity] = _Heard()
            if len(self._heard) > ORIGINATORS_MAXIMUM:
                self._heard.popitem(last=False)
        else:
            self._heard.move_to_end(identity)
        return heard
