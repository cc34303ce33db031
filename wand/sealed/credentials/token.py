"""
Invitation tokens: one line of text with which a node joins.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from typing import Annotated, Final, Self, TypeAlias

import msgspec
from msgspec import Meta

from wand.errors import AddressInvalid, TokenInvalid
from wand.sealed.credentials.descriptor import Cipher
from wand.sealed.credentials.fields import Octets16, Octets32, checkSecret
from wand.sealed.credentials.signed import packed, unpacked
from wand.sealed.credentials.token_text import TOKEN_PREFIX
from wand.stream_targets import checkPlace

#: How many characters of a text are looked at.
TOKEN_MAXIMUM: Final = 4096

#: How many places of a server it names at most.
ENDPOINTS_MAXIMUM: Final = 8

#: How many other servers are in it at most.
OTHERS_MAXIMUM: Final = 7

_CHECKSUM: Final = 4
_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


Endpoints: TypeAlias = Annotated[
    tuple[Annotated[str, Meta(max_length=261)], ...], Meta(min_length=1, max_length=ENDPOINTS_MAXIMUM)
]


def _checkEndpoints(endpoints: tuple[str, ...]) -> None:
    for endpoint in endpoints:
        try:
            checkPlace(endpoint)
        except AddressInvalid as error:
            raise ValueError(str(error)) from error


class TokenServer(msgspec.Struct, frozen=True, array_like=True):
    """
    A server that redeems an invitation.

    @ivar identity: its public key.
    @ivar server: its exchange key.
    @ivar endpoints: where it is, C{HOST:PORT} each, a host may be a name; and where it accepts streams, see
        L{wand.stream_targets}.
    """

    identity: Octets32
    server: Octets32
    endpoints: Endpoints

    def __post_init__(self) -> None:
        _checkEndpoints(self.endpoints)


class Token(msgspec.Struct, frozen=True, array_like=True):
    """
    What an invitation says.

    @ivar network: the network's public key.
    @ivar identity: the server that made it, and is asked first.
    @ivar server: its exchange key.
    @ivar endpoints: where it is, as in L{TokenServer}.
    @ivar invitation: its id.
    @ivar secret: the pre-shared key of the handshake that redeems it.
    @ivar cipher: that of the network, which the handshake needs.
    @ivar others: other servers that redeem it.
    @ivar admission: does a node with the admission right redeem it, and no server?
    """

    network: Octets32
    identity: Octets32
    server: Octets32
    endpoints: Endpoints
    invitation: Octets16
    secret: Octets32
    cipher: Cipher
    others: Annotated[tuple[TokenServer, ...], Meta(max_length=OTHERS_MAXIMUM)] = ()
    admission: bool = False

    def __post_init__(self) -> None:
        checkSecret(self.secret)
        _checkEndpoints(self.endpoints)

    def __repr__(self) -> str:
        return f"Token(invitation={self.invitation.hex()})"  # the secret stays out of logs

    @property
    def servers(self) -> tuple[TokenServer, ...]:
        """
        All servers that redeem it, the one that is asked first in front.
        """
        return (TokenServer(self.identity, self.server, self.endpoints), *self.others)

    def withOthers(self, others: Iterable[TokenServer]) -> Self:
        """
        The same with as many other servers as there is room for.
        """
        token = self
        for other in others:
            longer = msgspec.structs.replace(token, others=(*token.others, other))
            if len(token.others) < OTHERS_MAXIMUM and len(longer.text) <= TOKEN_MAXIMUM:
                token = longer
        return token

    @property
    def text(self) -> str:
        """
        The token as it is handed over.
        """
        octets = packed(self)
        return TOKEN_PREFIX + urlsafe_b64encode(octets + _checksum(octets)).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Read a token that somebody pasted, with white space anywhere in it.

        @raise TokenInvalid: if it is not an invitation.
        """
        if len(text) > TOKEN_MAXIMUM:
            raise TokenInvalid("this is not an invitation: it is too long")
        joined = "".join(text.split())
        if not joined:
            raise TokenInvalid("there is no invitation; paste the whole line that `wand invite` printed")
        if not joined.startswith(TOKEN_PREFIX):
            raise TokenInvalid(f"this is not an invitation: one begins with {TOKEN_PREFIX}")
        encoded = joined.removeprefix(TOKEN_PREFIX).rstrip("=")
        if not set(encoded) <= _ALPHABET:
            raise TokenInvalid("this is not an invitation: it has characters that no invitation has")
        token = cls._decoded(encoded)
        if token is None:
            raise TokenInvalid("the invitation is incomplete or was changed; paste the whole line again")
        return token

    @classmethod
    def _decoded(cls, encoded: str) -> Self | None:
        try:
            octets = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        except ValueError:
            return None
        content, checksum = octets[:-_CHECKSUM], octets[-_CHECKSUM:]
        return unpacked(content, cls, TOKEN_MAXIMUM) if checksum == _checksum(content) else None


def _checksum(content: bytes) -> bytes:
    return sha256(content).digest()[:_CHECKSUM]
