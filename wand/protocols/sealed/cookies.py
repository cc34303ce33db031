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

from wand.protocols.sealed.packets import TAG, CookieMessage, macOne, macTwoRight
from wand.protocols.sealed.timers import (
    COOKIE_LIFE,
    DEMANDS_ADDRESS,
    INITIATIONS_ADDRESS,
    INITIATIONS_UNHURRIED,
)

#: How many counts there are for addresses; some addresses share one, and nobody can say which.
SLOTS: Final = 65_536


class Hurry:
    """
    Counts initiations by the second, and says when cookies are to be demanded.
    """

    def __init__(self) -> None:
        self._second = -1
        self._count = 0
        self._before = 0
        self._tried = bytearray(SLOTS)
        self._demanded = bytearray(SLOTS)

    def countOne(self, now: float) -> bool:
        """
        An initiation with the right mac1 came.

        @return: whether they come too fast, in this second or the one before.
        """
        second = int(now)
        if second != self._second:
            self._before = self._count if second == self._second + 1 else 0
            self._second, self._count = second, 0
            self._tried, self._demanded = bytearray(SLOTS), bytearray(SLOTS)
        self._count += 1
        return self._count > INITIATIONS_UNHURRIED or self._before > INITIATIONS_UNHURRIED

    def mayTry(self, host: str) -> bool:
        """
        May an address that has its cookie be looked into, in this second?
        """
        return _mayMore(self._tried, host, INITIATIONS_ADDRESS)

    def mayDemand(self, host: str) -> bool:
        """
        May one more demand for a cookie be sent to an address, in this second?
        """
        return _mayMore(self._demanded, host, DEMANDS_ADDRESS)


def _mayMore(counts: bytearray, host: str, limit: int) -> bool:
    slot = hash(host) % SLOTS  # salted anew in each process (object.__hash__)
    if counts[slot] >= limit:
        return False
    counts[slot] += 1
    return True


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
        Has an initiation the right mac2 for the address that it came from?
        """
        return macTwoRight(datagram, self._cookie(sender, now))

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
