"""
The rotator: gives the network another secret, so that those who were revoked know none that counts, and keeps whatever
another server made or members told.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import msgspec
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.errors import MembershipRefused, StoreUnavailable
from wand.interfaces import IRecords
from wand.sealed.authority.stored_network import NETWORK_KIND, RECORD_KEY, NetworkRecord, StoredNetwork
from wand.sealed.authority.stored_values import StoredValues
from wand.sealed.authority.told_clocks import ToldClocks
from wand.sealed.credentials.identity import Entropy
from wand.sealed.credentials.limits import OVERLAP_MAXIMUM
from wand.sealed.credentials.rotation import MADE_MAXIMUM, Rotation, madeAt, numberOf
from wand.sealed.credentials.signed import signed
from wand.timing.difference import difference
from wand.timing.timer import Timer

#: How often it is tried to store one that another server stored at the same moment.
_TRIES: Final = 8

#: By how many seconds our clock may be wrong before we no longer say by it when a secret ends.
CLOCK_TOLERATED: Final = 3600.0

#: An overlap of so many seconds is none if the clock is wrong: the former secret ends at once then.
SHORT_OVERLAP: Final = 60.0

#: Seconds until that is tried again which could not be stored.
RETRY: Final = 30.0

_RIVALS: Final = "the store has another network secret each time: try again"


class Rotator:
    """
    Makes secrets, and sees to it that the store has the newest.

    @ivar clocks: by how much the clocks of members differ from ours.
    """

    _log = Logger()

    def __init__(
        self,
        network: StoredNetwork,
        records: IRecords,
        clock: IReactorTime,
        wallClock: Callable[[], float],
        keepCopy: Callable[[NetworkRecord], object],
        entropy: Entropy = os.urandom,
    ) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        @param keepCopy: keeps a copy of the record beside the store.
        """
        self.clocks = ToldClocks(clock, wallClock)
        self._network = network
        self._stored = StoredValues(records, NETWORK_KIND, NetworkRecord)
        self._wallClock = wallClock
        self._keepCopy = keepCopy
        self._entropy = entropy
        self._retry = Timer(clock, self._keep)
        self._isStopped = False
        network.secrets.observe(self._changed)

    def follow(self) -> None:
        """
        See from now on what other servers store; to be called before L{load}.
        """
        self._stored.follow(self._heard)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._isStopped = True
        self._retry.stop()

    async def load(self) -> None:
        """
        Read what is in the store, which may be from a backup that knows less than is known here.

        @raise StoreUnavailable: if that fails.
        """
        await self._stored.load()
        self._keep()

    async def rotate(self, overlap: float) -> None:
        """
        Give the network another secret.

        @param overlap: for how many seconds the former one counts between members.
        @raise MembershipRefused: if the network key is not here, the overlap is too long, or our clock seems wrong,
            and the end of the former secret depends on it.
        @raise StoreUnavailable: if it cannot be stored; nothing was changed then.
        """
        key, secrets = self._network.key, self._network.secrets
        if key is None:
            raise MembershipRefused(
                "only the network key makes another secret, and it is not here: do it where the key is"
            )
        if not 0 <= overlap <= OVERLAP_MAXIMUM:
            raise MembershipRefused(f"the former secret may count for 0 to {OVERLAP_MAXIMUM / 86_400:.0f} days")
        now = self._now(overlap)
        made, until = (now, now + int(overlap)) if now else (self._network.descriptor.created, 0)
        new = self._entropy(32)
        number = numberOf(max(made, madeAt(secrets.number) + 1), new)
        rotation = signed(key.signing, Rotation(self._network.identity, number, secrets.number, until, new))
        await self._store(rotation)
        stored = self._stored.get(RECORD_KEY)
        secrets.take([*(() if stored is None else stored.rotations), rotation])

    def _now(self, overlap: float) -> int:
        """
        What time it is, in seconds since the epoch; 0 if our clock seems to be wrong, and the overlap is so short that
        this does not matter.

        @raise MembershipRefused: if it does matter.
        """
        now, created = self._wallClock(), self._network.descriptor.created
        ahead = self.clocks.ahead
        if now < created - CLOCK_TOLERATED:
            trouble = f"{difference(now - created)} the making of this network"
        elif abs(ahead) > CLOCK_TOLERATED:
            trouble = f"{difference(-ahead)} those of most members"
        elif now > MADE_MAXIMUM:
            trouble = "years ahead of everybody's"
        else:
            return int(now)
        if overlap > SHORT_OVERLAP:
            raise MembershipRefused(
                f"this host's clock is {trouble}, and the former secret would end at another time than you say: set "
                "the clock that is wrong, for example with timedatectl set-ntp true, or have it end at once "
                "(--overlap 1s)"
            )
        return 0

    async def _store(self, *rotations: bytes) -> None:
        for _ in range(_TRIES):
            before = self._stored.get(RECORD_KEY)
            kept = self._with(before or self._network.record, *rotations)  # a store that lost it has it again
            if kept == before or await self._stored.exchange(RECORD_KEY, before, kept):
                return
        raise StoreUnavailable(_RIVALS)

    def _with(self, record: NetworkRecord, *rotations: bytes) -> NetworkRecord:
        """
        A record with these rotations, and those in it, as many as are kept.
        """
        merged = self._network.secrets.merged((*record.rotations, *rotations))
        return msgspec.structs.replace(record, rotations=merged)

    def _changed(self) -> None:
        """
        There is another secret, of whomever: keep it.
        """
        self._keepCopy(self._network.record)
        self._keep()

    def _keep(self) -> None:
        Deferred.fromCoroutine(self._store(*self._network.secrets.rotations)).addErrback(self._notStored)

    def _notStored(self, failure: Failure) -> None:
        failure.trap(StoreUnavailable)
        self._log.error(
            "the store does not take the newest secret of the network, which is kept beside it: {error}",
            error=failure.getErrorMessage(),
        )
        if not self._isStopped:
            self._retry.set(RETRY)

    def _heard(self, key: bytes, before: NetworkRecord | None, after: NetworkRecord | None) -> None:
        """
        Take what is new; and a store that came back with less has it again.
        """
        if after is None:
            self._keep()
        elif after.network == self._network.identity:
            secrets = self._network.secrets
            if not secrets.take(after.rotations) and self._with(after, *secrets.rotations) != after:
                self._keep()
