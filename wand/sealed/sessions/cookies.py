"""
Cookies: while initiations come fast, only those are looked into whose senders can receive at their address.

The idea is WireGuard's (Donenfeld, "WireGuard: Next Generation Kernel Network Tunnel", section 5.3).
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s
from hmac import compare_digest
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from wand.sealed.sessions.packets import TAG, CookieMessage, macOne, macTwoRight
from wand.sealed.sessions.timers import COOKIE_LIFE

#: The mac2 of a sender without a cookie.
_NONE: Final = bytes(TAG)


class CookieJar:
    """
    Makes cookies of addresses and keeps nothing about them but one secret for all.
    """

    def __init__(self, exchangeKey: bytes, entropy: Callable[[int], bytes]) -> None:
        """
        @param exchangeKey: our own.
        """
        self._aead = ChaCha20Poly1305(cookieKey(exchangeKey))
        self._entropy = entropy
        self._secret = b""
        self._until = float("-inf")

    def isProven(self, datagram: memoryview, sender: tuple[str, int], now: float) -> bool:
        """
        Does an initiation have the right mac2 for the address that it came from?
        """
        return datagram[-TAG:] != _NONE and macTwoRight(datagram, self._cookie(sender, now))

    def isOurs(self, cookie: bytes, sender: tuple[str, int], now: float) -> bool:
        """
        Is this the cookie of an address?
        """
        return compare_digest(self._cookie(sender, now), cookie)

    def demand(self, datagram: memoryview, index: int, sender: tuple[str, int], now: float) -> bytes:
        """
        The cookie message that answers an initiation.

        @param index: the initiation's sender's index.
        """
        nonce = self._entropy(12)
        sealed = self._aead.encrypt(nonce, self._cookie(sender, now), macOne(datagram))
        return CookieMessage(index, nonce, sealed).pack()

    def _cookie(self, sender: tuple[str, int], now: float) -> bytes:
        if now >= self._until:
            self._secret = self._entropy(32)
            self._until = now + COOKIE_LIFE
        return blake2s(f"{sender[0]} {sender[1]}".encode(), key=self._secret, digest_size=TAG).digest()


def openCookie(message: CookieMessage, exchangeKey: bytes, mac: bytes) -> bytes | None:
    """
    The cookie in a cookie message, or C{None} if it does not open.

    @param exchangeKey: the responder's.
    @param mac: the mac1 of our initiation.
    """
    try:
        return ChaCha20Poly1305(cookieKey(exchangeKey)).decrypt(message.nonce, message.sealed, mac)
    except InvalidTag:
        return None


def cookieKey(exchangeKey: bytes) -> bytes:
    """
    The key under which the owner of an exchange key hands out cookies.
    """
    return blake2s(b"wand cookie" + exchangeKey).digest()
