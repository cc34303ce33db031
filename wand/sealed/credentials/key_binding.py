"""
What a node says of its own keys: that its identity and its exchange key belong together (docs/sealed.md, Admitting
members).  The network is believed that it asked for it; a member that admits others is not.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Final

from wand.sealed.credentials.fields import Octets32
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import Body, isSignature, signature

#: How many are remembered that are right: each is in all certificates that its owner gets of whoever admitted it.
BINDINGS_REMEMBERED: Final = 1024


class KeyBinding(Body, frozen=True, array_like=True):
    """
    This exchange key is mine; it does not travel.
    """

    domain: ClassVar[str] = "wand exchange 1"

    identity: Octets32
    exchangeKey: Octets32


def bindingOf(key: NodeKey) -> bytes:
    """
    The signature with which the owner of both says so.
    """
    return signature(key.signing, KeyBinding(key.identity, key.exchangePublic))


@lru_cache(maxsize=BINDINGS_REMEMBERED)
def isBinding(octets: bytes, identity: bytes, exchangeKey: bytes) -> bool:
    """
    Did the owner of an identity say that an exchange key is its own?
    """
    return isSignature(octets, KeyBinding(identity, exchangeKey), identity)
