"""
Control messages about who tries to reach whom: MessagePack arrays whose first element is the message's number
(docs/sealed.md).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.sealed import control_numbers
from wand.sealed.credentials.fields import Octets32
from wand.sealed.credentials.messages import MESSAGE_MAXIMUM, Signed
from wand.sealed.credentials.signed import unpacked

#: How many places are in a call at most.
CANDIDATES_MAXIMUM: Final = 16

#: What the place is called at which whoever passes a call on hears the caller.
HEARD: Final = "heard"

Number: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 32)]
Network: TypeAlias = Annotated[str, Meta(max_length=32)]
EndpointText: TypeAlias = Annotated[str, Meta(max_length=47)]


class CalledPlace(msgspec.Struct, frozen=True, array_like=True):
    """
    Where somebody may be.

    @ivar kind: what kind of candidate it is, a word.
    @ivar endpoint: C{HOST:PORT} with a numeric host.
    """

    kind: Annotated[str, Meta(max_length=16)]
    endpoint: EndpointText


Places: TypeAlias = Annotated[tuple[CalledPlace, ...], Meta(max_length=CANDIDATES_MAXIMUM)]


class Call(msgspec.Struct, tag=control_numbers.CALL, frozen=True, array_like=True):
    """
    A member asks another one to tell a third that it tries to reach that, now.

    @ivar target: the identity of the third.
    @ivar number: repeated in what the third is told.
    @ivar isAnswer: does it answer a call of the third?  Nobody answers it then.
    @ivar places: where the caller may be, the best first.
    @ivar network: what is in front of the caller; see L{wand.sealed.reach.locating_messages.Located.network}.
    """

    target: Octets32
    number: Number
    isAnswer: bool
    places: Places
    network: Network = ""


class Called(msgspec.Struct, tag=control_numbers.CALLED, frozen=True, array_like=True):
    """
    A member is told that another one tries to reach it.

    @ivar caller: the identity of that.
    @ivar certificate: its certificate; nothing if whoever passes it on does not have it.
    @ivar claim: its claim; nothing likewise.
    @ivar places: where it may be: first where whoever passes it on hears it, then what it says itself.
    @ivar network: what is in front of it, as it says.
    """

    caller: Octets32
    number: Number
    isAnswer: bool
    certificate: Signed
    claim: Signed
    places: Places
    network: Network = ""


Message: TypeAlias = Call | Called


def pack(message: Message) -> bytes:
    """
    Write a message.
    """
    return msgspec.msgpack.encode(message)


def packCalled(message: Called, places: Iterable[CalledPlace]) -> bytes:
    """
    Write a message with as many of these places as there is room for; at least with none.
    """
    some = tuple(places)[:CANDIDATES_MAXIMUM]
    while True:
        octets = pack(msgspec.structs.replace(message, places=some))
        if len(octets) <= MESSAGE_MAXIMUM or not some:
            return octets
        some = some[:-1]


def parse(octets: bytes) -> Message | None:
    """
    Read a message that may be anything.

    @return: C{None} if it is not one of ours, which the caller counts.
    """
    return unpacked(octets, Message, MESSAGE_MAXIMUM)  # type: ignore[arg-type]  # a union is a type for msgspec
