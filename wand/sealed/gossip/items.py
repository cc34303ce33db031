"""
Items: what is told about members.  Each is signed, by the network or by the member that says it, so that whoever
passes it on can change nothing.

Of two items of one kind about one member the one with the higher rank counts, everywhere, in whatever order they come.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Annotated, Any, ClassVar, Final, TypeAlias

import attrs
import msgspec
from msgspec import Meta

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.credentials.fields import Count, Octets32, Octets64
from wand.sealed.credentials.messages import Signed
from wand.sealed.credentials.signed import Body, packed, unpacked, unverified
from wand.sealed.gossip.rings import RINGS

#: The kinds, in the order in which they are told: without the first the others mean nothing.
ANNOUNCEMENT: Final = 0
PRESENCE: Final = 1
ACCUSATION: Final = 2

#: How many endpoints a member has at most.
ENDPOINTS_MAXIMUM: Final = 4

#: The largest item, in octets: a certificate and a claim, as a page of a directory server has them.
ITEM_MAXIMUM: Final = 880

Number: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 32)]
Endpoints: TypeAlias = Annotated[tuple[Annotated[str, Meta(max_length=47)], ...], Meta(max_length=ENDPOINTS_MAXIMUM)]
Ring: TypeAlias = Annotated[int, Meta(ge=0, lt=RINGS)]


class Presence(Body, frozen=True, array_like=True):
    """
    I am here, at these places; or I am leaving.

    @ivar epoch: of the claim that was the member's when it said so.
    @ivar number: higher each time that it says something within an epoch.
    @ivar here: C{False} for a goodbye.
    @ivar endpoints: where it can be reached, best first.
    """

    domain: ClassVar[str] = "wand presence 1"

    network: Octets32
    identity: Octets32
    epoch: Count
    number: Number
    here: bool
    endpoints: Endpoints


class Accusation(Body, frozen=True, array_like=True):
    """
    This member does not answer me.

    @ivar identity: who says so.
    @ivar member: whom it is about.
    @ivar epoch: of the presence that is doubted.
    @ivar number: of the presence that is doubted.
    @ivar ring: the ring on which the accuser watches the accused.
    """

    domain: ClassVar[str] = "wand accusation 1"

    network: Octets32
    identity: Octets32
    member: Octets32
    epoch: Count
    number: Number
    ring: Ring


class AnnouncementItem(msgspec.Struct, tag=ANNOUNCEMENT, frozen=True, array_like=True):
    """
    How a certificate and a claim travel.
    """

    certificate: Signed
    claim: Signed


class PresenceItem(msgspec.Struct, tag=PRESENCE, frozen=True, array_like=True):
    """
    How a presence travels: without what the reader knows.
    """

    identity: Octets32
    epoch: Count
    number: Number
    here: bool
    endpoints: Endpoints
    signature: Octets64


class AccusationItem(msgspec.Struct, tag=ACCUSATION, frozen=True, array_like=True):
    """
    How an accusation travels.
    """

    identity: Octets32
    member: Octets32
    epoch: Count
    number: Number
    ring: Ring
    signature: Octets64


Told: TypeAlias = AnnouncementItem | PresenceItem | AccusationItem


@attrs.frozen(eq=False)
class Item:
    """
    Something that is told about a member, read but not verified.

    @ivar kind: L{ANNOUNCEMENT}, L{PRESENCE} or L{ACCUSATION}.
    @ivar member: whom it is about.
    @ivar rank: of two of one kind about one member the higher one counts.
    @ivar digest: 64 bits that stand for what it says.
    @ivar octets: as it travels.
    @ivar told: the same, read.
    @ivar body: what the signature of a presence or of an accusation covers.
    """

    kind: int
    member: bytes
    rank: tuple[Any, ...]
    digest: int
    octets: bytes
    told: Told
    body: Presence | Accusation | None = None

    @property
    def order(self) -> tuple[int, int]:
        """
        The epoch and the number of the presence that it is, or doubts.
        """
        return self.rank[:2]


def parseItem(octets: bytes, network: bytes) -> Item | None:
    """
    Read an item that may be anything.  Only one form counts, as of what is in it (L{unverified}).

    @return: C{None} if it is not one, which the caller counts.
    """
    told = unpacked(octets, Told, ITEM_MAXIMUM)  # type: ignore[arg-type]  # a union is a type for msgspec
    return itemOf(told, network, octets) if told is not None and packed(told) == octets else None


def itemOf(told: Told, network: bytes, octets: bytes = b"") -> Item | None:
    """
    An item from what is told.

    @param octets: the same as it travels, if that is known.
    """
    octets = octets or packed(told)
    if isinstance(told, AnnouncementItem):
        return _announcementItem(told, octets)
    body: Presence | Accusation
    if isinstance(told, PresenceItem):
        body = Presence(network, told.identity, told.epoch, told.number, told.here, told.endpoints)
        kind, member = PRESENCE, told.identity
    else:
        body = Accusation(network, told.identity, told.member, told.epoch, told.number, told.ring)
        kind, member = ACCUSATION, told.member
    content = packed(body)  # without the signature, of which its maker can make any number
    return Item(kind, member, (told.epoch, told.number, content), _digest(kind, content), octets, told, body)


def _announcementItem(told: AnnouncementItem, octets: bytes) -> Item | None:
    certificate, claim = unverified(told.certificate, Certificate), unverified(told.claim, Claim)
    if certificate is None or claim is None:
        return None
    rank = Announcement(certificate, claim, told.certificate, told.claim).precedence
    return Item(ANNOUNCEMENT, certificate.identity, rank, _digest(ANNOUNCEMENT, octets), octets, told)


def _digest(kind: int, content: bytes) -> int:
    return int.from_bytes(blake2b(content, digest_size=8, person=b"wand item %d" % kind).digest(), "big")
