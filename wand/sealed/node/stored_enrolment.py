"""
What a node keeps of its membership, as it stands in a file.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

import msgspec
from msgspec import Meta

from wand.sealed.credentials.fields import Octets32, checkSecret
from wand.sealed.credentials.messages import Signed
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM as INVITED_MAXIMUM
from wand.sealed.credentials.token import Token
from wand.sealed.reach.stream_places import PLACES_MAXIMUM

#: How many servers are remembered.
SERVERS_MAXIMUM: Final = 16

#: How many endpoints of each: those of an invitation, and the places of streams that a server tells besides.
ENDPOINTS_MAXIMUM: Final = INVITED_MAXIMUM + PLACES_MAXIMUM

_Endpoint: TypeAlias = Annotated[str, Meta(max_length=261)]


class KnownServer(msgspec.Struct, frozen=True, array_like=True):
    """
    A directory server, and where it may be.

    @ivar endpoints: C{HOST:PORT} each; a host may be a name.
    @ivar told: further ones, that another server told last.
    @ivar certificate: its certificate, to be shown to others; empty if nobody told it.
    """

    identity: Octets32
    exchangeKey: Octets32
    endpoints: Annotated[tuple[_Endpoint, ...], Meta(max_length=ENDPOINTS_MAXIMUM)]
    told: Annotated[tuple[_Endpoint, ...], Meta(max_length=INVITED_MAXIMUM)] = ()
    certificate: Signed = b""

    @property
    def everywhere(self) -> tuple[str, ...]:
        """
        All of them.
        """
        return tuple(dict.fromkeys((*self.endpoints, *self.told)))


class StoredEnrolment(msgspec.Struct, frozen=True, array_like=True):
    """
    A membership.

    @ivar descriptor: the network's, signed.
    @ivar secret: the one that the network began with.
    @ivar certificate: ours, signed.
    @ivar servers: the directory servers that we know.
    @ivar admitters: the nodes that admitted us.
    @ivar rotations: the secrets that took the place of the first, signed.
    """

    network: Octets32
    descriptor: Signed
    secret: Octets32
    certificate: Signed
    servers: Annotated[tuple[KnownServer, ...], Meta(max_length=SERVERS_MAXIMUM)]
    admitters: Annotated[tuple[KnownServer, ...], Meta(max_length=SERVERS_MAXIMUM)] = ()
    rotations: tuple[Signed, ...] = ()

    def __post_init__(self) -> None:
        checkSecret(self.secret)

    def __repr__(self) -> str:
        return "StoredEnrolment()"  # the secrets stay out of logs


def askedOf(token: Token) -> tuple[KnownServer, ...]:
    """
    Who redeems an invitation.
    """
    return tuple(KnownServer(each.identity, each.server, each.endpoints) for each in token.servers)


def serversOf(token: Token) -> tuple[KnownServer, ...]:
    """
    The servers among them.
    """
    return () if token.admission else askedOf(token)
