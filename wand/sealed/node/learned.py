"""
MAC addresses behind members with the bridge right, and behind our own tap: learned from frames, never passed on.

A host that moves is followed at once, and no faster than honest hosts move: so neither two hosts of one address nor a
loop make the table flap.  For a while after its last frame an address is remembered, so that nobody else's claim takes
it meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import attrs
from twisted.internet.interfaces import IReactorTime

from wand.ethernet import MAC
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.hosts_behind import HostsBehind
from wand.sealed.node.member_entries import MemberEntries
from wand.sealed.node.member_notes import MemberNotes
from wand.timing.deadlines import Deadlines

#: How many are known altogether, so that they leave room in the table for what is claimed.
HOSTS_MAXIMUM: Final = 65_536

#: Seconds after its last frame for which the table has an address.
HEARD_LIFETIME: Final = 300.0

#: Seconds after its last frame for which an address is remembered.
MEMORY_LIFETIME: Final = 3600.0

#: Seconds after a frame from one place in which a frame to a single host from another may have been under way since
#: before a move, and moves nothing; frames to groups, with which hosts and hypervisors announce themselves, do.
MOVE_HOLD: Final = 2.0

#: How often an address may move at once, and the seconds after which it may once more.
MOVES_MAXIMUM: Final = 4
MOVE_INTERVAL: Final = 10.0


class LearnedAddress(NamedTuple):
    """
    What is remembered of an address.

    @ivar holder: the identity of the member behind which it is.
    @ivar since: when it was heard there first, in seconds since the epoch.
    @ivar last: when it was heard there last.
    """

    mac: bytes
    holder: bytes
    since: float
    last: float


@attrs.define(eq=False)
class _Host:
    holder: Identity
    since: float
    moves: float
    filled: float
    isSilent: bool = False

    def mayMove(self, now: float) -> bool:
        """
        May the host move once more?  The caller counts the move.
        """
        self.moves = min(float(MOVES_MAXIMUM), self.moves + (now - self.filled) / MOVE_INTERVAL)
        self.filled = now
        return self.moves >= 1.0


class Learned:
    """
    Learns MAC addresses, and forgets them.
    """

    def __init__(
        self,
        clock: IReactorTime,
        wallClock: Callable[[], float],
        entries: MemberEntries,
        notes: MemberNotes,
        quotaOf: Callable[[Identity], int],
        freed: Callable[[MAC], object],
        limit: int = HOSTS_MAXIMUM,
    ) -> None:
        """
        @param quotaOf: how many addresses may be behind a member.
        @param freed: called with an address that is no longer remembered.
        """
        self._clock = clock
        self._wallClock = wallClock
        self._entries = entries
        self._notes = notes
        self._quotaOf = quotaOf
        self._freed = freed
        self._limit = limit
        self._hosts: dict[MAC, _Host] = {}
        self._behind = HostsBehind()
        self._deadlines: Deadlines[MAC] = Deadlines(clock, self._aged)

    def __len__(self) -> int:
        return len(self._hosts)

    # What is heard.

    def heard(self, identity: Identity, mac: MAC, announced: bool) -> bool:
        """
        A member with the bridge right sent a frame from an address that nobody owns, or our own host did.

        @param announced: was the frame for a group?
        @return: whether the address is the member's.
        """
        host, now = self._hosts.get(mac), self._clock.seconds()
        if host is None:
            if not self._learn(identity, mac, now):
                return False
        elif host.holder != identity:
            if not self._move(host, identity, mac, announced, now):
                return False
        elif host.isSilent and not self._wake(host, mac):
            return False
        self._deadlines.expireAt(mac, now + HEARD_LIFETIME)
        return True

    def forget(self, mac: MAC) -> None:
        """
        An address is claimed now, or was silent for too long.
        """
        host = self._hosts.pop(mac, None)
        if host is not None:
            self._deadlines.discard(mac)
            self._entries.silent(mac)
            self._behind.discard(host.holder, mac)

    def forgetBehind(self, identity: Identity) -> None:
        """
        A member lost the bridge right, or is no longer a member.
        """
        for mac in self._behind.of(identity):
            self.forget(mac)
            self._freed(mac)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._deadlines.stop()

    # What is remembered.

    def holder(self, mac: MAC) -> Identity | None:
        """
        Behind whom an address is or was within the last hour.
        """
        host = self._hosts.get(mac)
        return None if host is None else host.holder

    def since(self, mac: MAC) -> float:
        """
        When an address was heard first where it is, in seconds since the epoch; later than everything if nowhere.
        """
        host = self._hosts.get(mac)
        return float("inf") if host is None else host.since

    def remembered(self) -> Iterator[LearnedAddress]:
        """
        Everything, to be kept over a restart.
        """
        elapsed = self._wallClock() - self._clock.seconds()
        for mac, host in self._hosts.items():
            yield LearnedAddress(mac, host.holder, host.since, self._last(host, mac) + elapsed)

    def remember(self, heard: LearnedAddress) -> None:
        """
        Take what was kept: it is in no table before the host is heard again.
        """
        mac, holder, now = MAC(heard.mac), Identity(heard.holder), self._clock.seconds()
        left = min(MEMORY_LIFETIME, heard.last + MEMORY_LIFETIME - self._wallClock())
        if left > 0 and mac not in self._hosts and self._hasRoom(holder):
            self._hosts[mac] = _Host(holder, heard.since, MOVES_MAXIMUM, now, isSilent=True)
            self._behind.add(holder, mac)
            self._behind.setSilent(holder, mac, isSilent=True)
            self._deadlines.expireAt(mac, now + left)

    # How it is done.

    def _learn(self, identity: Identity, mac: MAC, now: float) -> bool:
        if not self._hasRoom(identity) or not self._entries.heard(mac, identity):
            return False
        self._hosts[mac] = _Host(identity, self._wallClock(), MOVES_MAXIMUM, now)
        self._behind.add(identity, mac)
        return True

    def _move(self, host: _Host, identity: Identity, mac: MAC, announced: bool, now: float) -> bool:
        if not announced and now - self._last(host, mac) < MOVE_HOLD:
            return False
        if not host.mayMove(now):
            self._notes.fought(mac, host.holder, identity)
            return False
        if not self._hasRoom(identity) or mac not in self._hosts or not self._entries.heard(mac, identity):
            return False
        self._behind.discard(host.holder, mac)
        self._behind.add(identity, mac)
        host.moves -= 1.0
        host.holder, host.since, host.isSilent = identity, self._wallClock(), False
        return True

    def _wake(self, host: _Host, mac: MAC) -> bool:
        if not self._entries.heard(mac, host.holder):
            return False
        host.isSilent = False
        self._behind.setSilent(host.holder, mac, isSilent=False)
        return True

    def _last(self, host: _Host, mac: MAC) -> float:
        return (self._deadlines.deadline(mac) or 0.0) - (MEMORY_LIFETIME if host.isSilent else HEARD_LIFETIME)

    def _aged(self, mac: MAC) -> None:
        host = self._hosts.get(mac)
        if host is None:
            return
        if host.isSilent:
            self.forget(mac)
            self._freed(mac)
            return
        self._entries.silent(mac)
        host.isSilent = True
        self._behind.setSilent(host.holder, mac, isSilent=True)
        self._deadlines.expireAt(mac, self._clock.seconds() + MEMORY_LIFETIME - HEARD_LIFETIME)

    def _hasRoom(self, identity: Identity) -> bool:
        quota = self._quotaOf(identity)
        if self._behind.count(identity) >= quota:
            if not self._forgetSilent(identity):
                self._notes.full(identity, quota)
                return False
        elif len(self._hosts) >= self._limit:
            return self._forgetSilent()
        return True

    def _forgetSilent(self, identity: Identity | None = None) -> bool:
        mac = self._behind.firstSilent(identity)
        if mac is None:
            return False
        self.forget(mac)
        self._freed(mac)
        return True
