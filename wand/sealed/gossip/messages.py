"""
Control messages between members that tell each other who is where: MessagePack arrays whose first element is the
message's number (docs/gossip.md).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.sealed import control_numbers
from wand.sealed.credentials.fields import Octets32
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM
from wand.sealed.credentials.signed import packed, unpacked
from wand.sealed.gossip.items import Number
from wand.sealed.gossip.tree import WIDTH

#: Octets of a message that are left for news, whatever else is in it.
NEWS_ROOM: Final = MESSAGE_MAXIMUM - 32

#: Octets of a digest.
DIGEST: Final = 8

#: The branch that stands for the tree itself in L{Digests}.
WHOLE: Final = WIDTH

#: How many leaves one message is about at most.
LEAVES_MAXIMUM: Final = 64

Total: TypeAlias = Annotated[bytes, Meta(min_length=DIGEST, max_length=DIGEST)]
Items: TypeAlias = Annotated[tuple[msgspec.Raw, ...], Meta(max_length=32)]
Leaves: TypeAlias = Annotated[
    tuple[tuple[Annotated[int, Meta(ge=0, lt=WIDTH * WIDTH)], Annotated[bytes, Meta(max_length=1000)]], ...],
    Meta(max_length=LEAVES_MAXIMUM),
]


class Probe(msgspec.Struct, tag=control_numbers.PROBE, frozen=True, array_like=True):
    """
    Are you there?

    @ivar number: repeated in the answer.
    @ivar total: the sum of all digests that the sender has.
    @ivar watching: does the sender watch the reader, and wants to be told its news?
    @ivar news: items that the reader may not have.
    """

    number: Number
    total: Total
    watching: bool
    news: Items = ()


class Alive(msgspec.Struct, tag=control_numbers.ALIVE, frozen=True, array_like=True):
    """
    I am.

    @ivar number: that of the probe.
    @ivar total: see L{Probe}.
    @ivar news: see L{Probe}.
    """

    number: Number
    total: Total
    news: Items = ()


class ProbeFor(msgspec.Struct, tag=control_numbers.PROBE_FOR, frozen=True, array_like=True):
    """
    Somebody does not answer me.  Does it answer you?
    """

    number: Number
    member: Octets32


class Probed(msgspec.Struct, tag=control_numbers.PROBED, frozen=True, array_like=True):
    """
    It does.
    """

    number: Number
    member: Octets32


class News(msgspec.Struct, tag=control_numbers.NEWS, frozen=True, array_like=True):
    """
    Items that the reader may not have.
    """

    news: Items


class Digests(msgspec.Struct, tag=control_numbers.DIGESTS, frozen=True, array_like=True):
    """
    What I have, in sums of digests.

    @ivar branch: the branch whose leaves they are of; L{WHOLE} for those of all branches.
    """

    branch: Annotated[int, Meta(ge=0, le=WHOLE)]
    totals: Annotated[bytes, Meta(min_length=WIDTH * DIGEST, max_length=WIDTH * DIGEST)]


class Held(msgspec.Struct, tag=control_numbers.HELD, frozen=True, array_like=True):
    """
    What I have in some leaves.

    @ivar isAnswer: is it the answer to such a message, which nobody answers in kind?
    @ivar leaves: the number of each, and the digests of its items.
    """

    isAnswer: bool
    leaves: Leaves


class Wanted(msgspec.Struct, tag=control_numbers.WANTED, frozen=True, array_like=True):
    """
    What I do not have of that.

    @ivar leaves: as in L{Held}.
    """

    leaves: Leaves


Message: TypeAlias = Probe | Alive | ProbeFor | Probed | News | Digests | Held | Wanted


def pack(message: Message) -> bytes:
    """
    Write a message.
    """
    return packed(message)


def parse(octets: bytes) -> Message | None:
    """
    Read a message that may be anything.

    @return: C{None} if it is not one of ours, which the caller counts.
    """
    return unpacked(octets, Message, MESSAGE_MAXIMUM)  # type: ignore[arg-type]  # a union is a type for msgspec


def totalOf(octets: bytes) -> int:
    """
    A sum of digests, from how it travels.
    """
    return int.from_bytes(octets, "big")


def octetsOf(total: int) -> bytes:
    """
    How a sum of digests travels.
    """
    return total.to_bytes(DIGEST, "big")


def digestsIn(octets: bytes) -> list[int]:
    """
    The digests in a field; what is left over at its end is none.
    """
    return [totalOf(octets[at : at + DIGEST]) for at in range(0, len(octets) - DIGEST + 1, DIGEST)]
