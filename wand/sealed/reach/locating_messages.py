"""
Control messages about where somebody is heard: MessagePack arrays whose first element is the message's number
(docs/sealed.md).
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.endpoint import Endpoint
from wand.sealed.control_numbers import LOCATE, LOCATED
from wand.sealed.credentials.signed import packed, unpacked
from wand.underlay.place_kinds import IPV4, IPV6, kindOf

#: What a member says of its network that lets no UDP out; otherwise see L{wand.sealed.reach.nat_kind}.
BLOCKED: Final = "blocked"


class Locate(msgspec.Struct, tag=LOCATE, frozen=True, array_like=True):
    """
    Where do you hear me?
    """


class Located(msgspec.Struct, tag=LOCATED, frozen=True, array_like=True):
    """
    I hear you there.

    @ivar endpoint: C{HOST:PORT}; empty if that is not UDP.
    @ivar network: what stands between whoever answers and the others, a word: what its NAT does to its port, or
        L{BLOCKED}; empty if it does not know, or does not tell.
    """

    endpoint: Annotated[str, Meta(max_length=64)]
    network: Annotated[str, Meta(max_length=32)]


Message: TypeAlias = Locate | Located


def parse(octets: bytes) -> Message | None:
    """
    Read a message that may be anything.

    @return: C{None} if it is not one of these.
    """
    return unpacked(octets, Message)  # type: ignore[arg-type]  # msgspec takes unions, too


def located(endpoint: Endpoint | None, network: str = "") -> bytes:
    """
    The answer to somebody that is heard there.
    """
    return packed(Located(udp(endpoint), network))


def udp(endpoint: Endpoint | None) -> str:
    """
    An endpoint as text; empty if it is not one of UDP.
    """
    return "" if endpoint is None or kindOf(endpoint.host) not in (IPV4, IPV6) else str(endpoint)
