"""
Secrets that somebody was given, each good for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Final, Generic, TypeVar

from twisted.internet.interfaces import IReactorTime

Value = TypeVar("Value")

#: Octets of randomness in a secret.
SECRET_SIZE: Final = 32


def makeSecret() -> str:
    """
    A secret that nobody guesses.
    """
    return token_urlsafe(SECRET_SIZE)


class Tickets(Generic[Value]):
    """
    What each secret stands for.  Only their hashes are kept, so looking one up takes as long for a wrong guess as for
    another wrong guess, however much of it is right.
    """

    def __init__(self, clock: IReactorTime, maximum: int, make: Callable[[], str] = makeSecret) -> None:
        """
        @param maximum: how many there are at most; the oldest goes for another.
        """
        self._clock = clock
        self._maximum = maximum
        self._make = make
        self._known: dict[bytes, tuple[float, Value]] = {}

    def __len__(self) -> int:
        self._forgetOld()
        return len(self._known)

    @property
    def isFull(self) -> bool:
        """
        Would another one push out the oldest?
        """
        return len(self) >= self._maximum

    def give(self, value: Value, lifetime: float) -> str:
        """
        Make a secret.

        @param lifetime: in seconds.
        """
        if self.isFull:
            del self._known[next(iter(self._known))]
        secret = self._make()
        self._known[_hash(secret)] = (self._clock.seconds() + lifetime, value)
        return secret

    def find(self, secret: str) -> Value | None:
        """
        What a secret stands for; C{None} if it is none, or none any more.
        """
        found = self._known.get(_hash(secret))
        return None if found is None or found[0] <= self._clock.seconds() else found[1]

    def take(self, secret: str) -> Value | None:
        """
        The same for a secret that is good for once.
        """
        found = self.find(secret)
        self.forget(secret)
        return found

    def forget(self, secret: str) -> None:
        """
        Let a secret be good no more.
        """
        self._known.pop(_hash(secret), None)

    def clear(self) -> int:
        """
        Let none be good any more.

        @return: how many there were.
        """
        count = len(self)
        self._known.clear()
        return count

    def _forgetOld(self) -> None:
        now = self._clock.seconds()
        for key in [key for key, (until, _) in self._known.items() if until <= now]:
            del self._known[key]


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()
