"""
The secrets of a network: the one that it began with, and those that took its place since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final, TypeAlias

from wand.interfaces.membership import Member
from wand.sealed.credentials.limits import OVERLAP_MAXIMUM
from wand.sealed.credentials.rotation import Rotation, madeAt
from wand.sealed.credentials.signed import verified
from wand.status import SecretStatus

#: The most seconds for which a former secret can count from now on.  If its end is later, a clock was or is wrong, and
#: it counts no more.
_LEFT_MAXIMUM: Final = OVERLAP_MAXIMUM + 86_400.0

#: How many rotations are kept, the latest; and besides them the secret that the network began with, by which whoever
#: was away for all of them still reaches a server.
ROTATIONS_KEPT: Final = 3

_Rotations: TypeAlias = dict[int, tuple[Rotation, bytes]]


class NetworkSecrets:
    """
    Knows which secret counts with whom.  Between members the newest does, and the former ones until the rotation says;
    with whoever speaks for the network, every one that is kept: so a member that was away for longer gets the new one
    there, and a server that was restored from a backup gets it from its members.
    """

    def __init__(self, wallClock: Callable[[], float], isForNetwork: Callable[[], bool] = lambda: False) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param isForNetwork: do we speak for the network ourselves?
        """
        self._isForNetwork = isForNetwork
        self._wallClock = wallClock
        self._network = b""
        self._secrets: dict[int, bytes] = {}
        self._rotations: _Rotations = {}
        self._observers: list[Callable[[], object]] = []

    def begin(self, network: bytes, first: bytes, rotations: Iterable[bytes] = ()) -> None:
        """
        Know a network, as it is stored; nobody is told.

        @param network: its public key.
        @param first: the secret that it began with.
        @param rotations: signed.
        """
        self._network, self._secrets = network, {**self._secrets, 0: first}
        self._keep(rotations)

    def observe(self, observer: Callable[[], object]) -> None:
        """
        Call C{observer} whenever there is another secret.
        """
        self._observers.append(observer)

    def take(self, rotations: Iterable[bytes]) -> bool:
        """
        Take signed rotations that may be anything.

        @return: whether there is anything new.
        """
        if not self._keep(rotations):
            return False
        for observer in self._observers:
            observer()
        return True

    def merged(self, rotations: Iterable[bytes]) -> tuple[bytes, ...]:
        """
        Those of signed rotations that are to be kept, in their order.
        """
        return tuple(octets for _, octets in self._latest({}, rotations).values())

    def _keep(self, rotations: Iterable[bytes]) -> bool:
        before, self._rotations = self.rotations, self._latest(self._rotations, rotations)
        later = {number: content.secret for number, (content, _) in self._rotations.items()}
        self._secrets = {0: self.first, **later}
        return self.rotations != before

    def _latest(self, known: _Rotations, rotations: Iterable[bytes]) -> _Rotations:
        found, same = dict(known), {octets for _, octets in known.values()}
        for octets in rotations:
            if octets in same:
                continue
            content = verified(octets, Rotation, self._network) if self._network else None
            if content is not None and content.network == self._network:
                _, rival = found.get(content.number, (content, b""))
                if octets > rival:  # everybody keeps the same one, in whatever order they come
                    found[content.number] = content, octets
        return {number: found[number] for number in sorted(found)[-ROTATIONS_KEPT:]}

    # What there is.

    @property
    def numbers(self) -> tuple[int, ...]:
        """
        The numbers of the secrets that are kept, the newest last; 0 is that of the first.
        """
        return tuple(self._secrets)

    @property
    def number(self) -> int:
        """
        That of the newest.
        """
        return max(self._secrets, default=0)

    @property
    def first(self) -> bytes:
        """
        The secret that the network began with; empty before joining.
        """
        return self._secrets.get(0, b"")

    @property
    def newest(self) -> bytes:
        """
        The secret that counts; empty before joining.
        """
        return self._secrets.get(self.number, b"")

    @property
    def rotations(self) -> tuple[bytes, ...]:
        """
        The rotations that are kept, signed, in their order.
        """
        return tuple(octets for _, octets in self._rotations.values())

    @property
    def until(self) -> float:
        """
        How long the one before the newest counts between members, in seconds since the epoch; 0 if there is none.
        """
        return float(self._rotations[self.number][0].until) if self._rotations else 0.0

    @property
    def isEndWrong(self) -> bool:
        """
        Is L{until} so far away that a clock must have been wrong, or is?
        """
        return self._left([self.until]) > _LEFT_MAXIMUM

    def status(self, have: int | None = None, members: int | None = None) -> SecretStatus:
        """
        What people are told.

        @param have: see L{SecretStatus}.
        @param members: see L{SecretStatus}.
        """
        until = 0.0 if self.isEndWrong else self.until
        return SecretStatus(self.number, until, have, members, float(madeAt(self.number)))

    # Which one counts.

    @property
    def counting(self) -> list[tuple[int, bytes]]:
        """
        The secrets that count between members, with their numbers, the newest in front.
        """
        return [each for each in self.kept if self._counts(each[0])]

    @property
    def kept(self) -> list[tuple[int, bytes]]:
        """
        All secrets, with their numbers, the newest in front.
        """
        return [each for each in reversed(self._secrets.items()) if each[1]]

    def mayUse(self, number: int, member: Member) -> bool:
        """
        Does a secret that we have count in a handshake with a member?
        """
        return member.isServer or member.admission or self._counts(number) or self._isForNetwork()

    def common(self, theirs: Collection[int] | None, member: Member) -> bytes | None:
        """
        The newest secret that a member has, too, and that counts in a handshake with it.

        @param theirs: the numbers of those that it has; C{None} if its program knows of the first only.
        @return: C{None} if there is none.
        """
        number = max(self._secrets.keys() & ((0,) if theirs is None else theirs), default=-1)
        return self._secrets[number] if number >= 0 and self.mayUse(number, member) else None

    def _counts(self, number: int) -> bool:
        later = [each for each, _ in self._rotations.values() if each.number > number]
        if not later:
            return True
        isFollowed = any(each.former <= number for each in later)  # else it is not known when another took its place
        return isFollowed and 0.0 < self._left([each.until for each in later]) <= _LEFT_MAXIMUM

    def _left(self, ends: Iterable[float]) -> float:
        return min(ends) - self._wallClock()
