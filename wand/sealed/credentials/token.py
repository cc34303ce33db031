"""
Invitation tokens: one line of text with which a node joins.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Annotated, Final, Self

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

#: How many places of the server it names at most.
ENDPOINTS_MAXIMUM: Final = 8

_CHECKSUM: Final = 4
_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class Token(msgspec.Struct, frozen=True, array_like=True):
    """
    What an invitation says.

    @ivar network: the network's public key.
    @ivar identity: the server that is to be asked.
    @ivar server: its exchange key.
    @ivar endpoints: where it is, C{HOST:PORT} each, a host may be a name; and where it accepts streams, see
        L{wand.stream_targets}.
    @ivar invitation: its id.
    @ivar secret: the pre-shared key of the handshake that redeems it.
    @ivar cipher: that of the network, which the handshake needs.
    """

    network: Octets32
    identity: Octets32
    server: Octets32
    endpoints: Annotated[
        tuple[Annotated[str, Meta(max_length=261)], ...], Meta(min_length=1, max_length=ENDPOINTS_MAXIMUM)
    ]
    invitation: Octets16
    secret: Octets32
    cipher: Cipher

    def __post_init__(self) -> None:
        checkSecret(self.secret)
        for endpoint in self.endpoints:
            try:
                checkPlace(endpoint)
            except AddressInvalid as error:
                raise ValueError(str(error)) from error

    def __repr__(self) -> str:
        return f"Token(invitation={self.invitation.hex()})"  # the secret stays out of logs

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
