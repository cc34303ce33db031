"""
Control messages between a relay and the members for which it passes datagrams on: MessagePack arrays whose first
element is the message's number (docs/relays.md).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.sealed import control_numbers
from wand.sealed.credentials.fields import Octets32
from wand.sealed.credentials.signed import packed, unpacked

#: Why there is no channel: the relay passes nothing on; it has no session with the peer; the asker has as many as it
#: may have; the channel has ended; it asked for a channel to itself, which tells how far away the relay is; the other
#: end needs the channel no more.
OFF: Final = 0
ABSENT: Final = 1
FULL: Final = 2
ENDED: Final = 3
ITSELF: Final = 4
RELEASED: Final = 5

#: The longest message, in octets.
MESSAGE_MAXIMUM: Final = 64

#: The number of a channel; 0 is none.
ChannelNumber: TypeAlias = Annotated[int, Meta(ge=1, lt=1 << 32)]


class Allocate(msgspec.Struct, tag=control_numbers.ALLOCATE, frozen=True, array_like=True):
    """
    A member asks a relay for a channel to another, or says that it still needs it.

    @ivar peer: the identity of the other.
    """

    peer: Octets32


class Allocated(msgspec.Struct, tag=control_numbers.ALLOCATED, frozen=True, array_like=True):
    """
    A relay tells both members of a pair of their channel.

    @ivar peer: the identity of the other.
    @ivar lifetime: after how many seconds in which nothing passes and nobody asks the channel ends.
    """

    peer: Octets32
    channel: ChannelNumber
    lifetime: Annotated[int, Meta(ge=1, le=3600)]


class Unallocated(msgspec.Struct, tag=control_numbers.UNALLOCATED, frozen=True, array_like=True):
    """
    A relay says that there is no channel, or none any more.

    @ivar peer: the identity of the other.
    @ivar reason: L{OFF}, L{ABSENT}, L{FULL}, L{ENDED}, L{ITSELF}, L{RELEASED}, or what a later version says.
    """

    peer: Octets32
    reason: Annotated[int, Meta(ge=0, le=0xFF)]


class Release(msgspec.Struct, tag=control_numbers.RELEASE, frozen=True, array_like=True):
    """
    A member needs a channel no more.
    """

    channel: ChannelNumber


class Displaced(msgspec.Struct, tag=control_numbers.DISPLACED, frozen=True, array_like=True):
    """
    A relay drops what a member sends in a channel: it comes from another place than the member's session.
    """

    channel: ChannelNumber


#: What a relay reads, and what those read that use one.
ToRelay: TypeAlias = Allocate | Release
FromRelay: TypeAlias = Allocated | Unallocated | Displaced


def pack(message: ToRelay | FromRelay) -> bytes:
    """
    Write a message.
    """
    return packed(message)


def parseToRelay(octets: bytes) -> ToRelay | None:
    """
    Read a message for a relay that may be anything.

    @return: C{None} if it is none, which the caller counts.
    """
    return unpacked(octets, ToRelay, MESSAGE_MAXIMUM)  # type: ignore[arg-type]  # a union is a type for msgspec


def parseFromRelay(octets: bytes) -> FromRelay | None:
    """
    Read a message of a relay that may be anything.

    @return: C{None} if it is none, which the caller counts.
    """
    return unpacked(octets, FromRelay, MESSAGE_MAXIMUM)  # type: ignore[arg-type]  # as above
