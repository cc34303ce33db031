"""
Control messages that carry frames to groups: MessagePack arrays whose first element is the message's number
(docs/groups.md).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.ethernet import HEADER_SIZE, OVERHEAD
from wand.sealed import control_numbers
from wand.sealed.credentials.fields import Count, Octets32, Octets64
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM, Signed
from wand.sealed.credentials.signed import Body, packed, unpacked

#: The longest frame to a group that is passed on, in octets: one that a jumbo frame fits into.
FRAME_MAXIMUM: Final = 9216 + OVERHEAD

#: Octets of a message that are left for a part of a told frame.
PART_ROOM: Final = MESSAGE_MAXIMUM - 56

#: How long a told frame may be, in octets, and in how many parts it travels at most.
TOLD_MAXIMUM: Final = FRAME_MAXIMUM + 128
PARTS_MAXIMUM: Final = -(-TOLD_MAXIMUM // PART_ROOM)

#: How many messages one receipt is for at most.
RECEIPTS_MAXIMUM: Final = 64

#: The number of a message, on its way between two members.
Number: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 32)]


class GroupFrame(Body, frozen=True, array_like=True):
    """
    What the originator signs.

    @ivar number: higher in every frame of the same originator.
    @ivar time: of the originator's clock, in seconds since the epoch.
    """

    domain: ClassVar[str] = "wand group 1"

    network: Octets32
    identity: Octets32
    number: Count
    time: Count
    frame: Annotated[bytes, Meta(min_length=HEADER_SIZE, max_length=FRAME_MAXIMUM)]


class ToldFrame(msgspec.Struct, frozen=True, array_like=True):
    """
    A frame as it travels, whole or in parts: what is signed without the network, which both ends know.

    @ivar signature: the originator's, of a L{GroupFrame}.
    """

    identity: Octets32
    number: Count
    time: Count
    signature: Octets64
    frame: Annotated[bytes, Meta(min_length=HEADER_SIZE, max_length=FRAME_MAXIMUM)]


class GroupPart(msgspec.Struct, tag=control_numbers.GROUP_PART, frozen=True, array_like=True):
    """
    A part of a told frame, for the reader and for the members after it up to a limit.

    @ivar number: the same in all parts, another one for each frame that goes from this sender to this reader.
    @ivar limit: the identity before which the reader's range ends.
    @ivar part: which part this is, from 0.
    @ivar parts: how many there are.
    """

    number: Number
    limit: Octets32
    part: Annotated[int, Meta(ge=0, lt=PARTS_MAXIMUM)]
    parts: Annotated[int, Meta(ge=1, le=PARTS_MAXIMUM)]
    octets: Annotated[bytes, Meta(min_length=1, max_length=PART_ROOM)]

    def __post_init__(self) -> None:
        if self.part >= self.parts:
            raise ValueError("there are fewer parts than that")


class GroupReceipt(msgspec.Struct, tag=control_numbers.GROUP_RECEIPT, frozen=True, array_like=True):
    """
    Frames arrived.

    @ivar taken: does the sender see to their ranges?  If not, somebody else has to.
    @ivar others: does it see to those of other frames?
    """

    numbers: Annotated[tuple[Number, ...], Meta(min_length=1, max_length=RECEIPTS_MAXIMUM)]
    taken: bool
    others: bool


class GroupOriginator(msgspec.Struct, tag=control_numbers.GROUP_ORIGINATOR, frozen=True, array_like=True):
    """
    Who the originator of frames is that follow.
    """

    certificate: Signed
    claim: Signed


Message: TypeAlias = GroupPart | GroupReceipt | GroupOriginator


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


def parseTold(octets: bytes) -> ToldFrame | None:
    """
    Read a told frame that may be anything.
    """
    return unpacked(octets, ToldFrame, TOLD_MAXIMUM)


def partsOf(told: bytes) -> list[bytes]:
    """
    Cut a told frame into parts.
    """
    return [told[at : at + PART_ROOM] for at in range(0, len(told), PART_ROOM)]
