"""
What this program does when its host changes: addresses and routes come and go, and others configure its tap.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from wand.host.changes import Address, HostListener, Link
from wand.interfaces import Context
from wand.programs.tap_watch import TapWatch
from wand.timing.timer import Timer

#: Seconds from a change to the reaction, since changes rarely come alone; and the least between two reactions, however
#: often an interface flaps.
DEBOUNCE: Final = 0.1
ROUND_INTERVAL: Final = 1.0

#: How many addresses are remembered; beyond, one that is merely confirmed may count as a change.
ADDRESSES_MAXIMUM: Final = 4096

COUNTERS: Final = {
    "host-moves": "times that all ways to peers were tried again because an address or a route of this host changed"
}


class HostWatch(HostListener):
    """
    Watches the host.
    """

    def __init__(self, context: Context, moved: Callable[[], object], tap: TapWatch | None = None) -> None:
        """
        @param moved: called after addresses or routes changed, of other interfaces than the tap.
        @param tap: looks after the tap; C{None} where there is none.
        """
        self._context = context
        self._moved = moved
        self._tap = tap
        self._counters = context.counters
        self._counters.declare(COUNTERS)
        self._addresses: dict[tuple[int, str, int], bool] = {}
        self._running: dict[int, bool] = {}
        self._isSettled = self._hasLost = False
        self._timer = Timer(context.clock, self._go)
        self._last = float("-inf")
        self._end: Callable[[], None] = lambda: None

    def start(self) -> None:
        """
        Watch.
        """
        self._end = self._context.hostChanges.watch(self)

    def stop(self) -> None:
        """
        Stop watching, and leave no timer behind.
        """
        self._end()
        self._timer.stop()

    # What happens.

    def linkSeen(self, link: Link) -> None:
        """
        See L{HostListener}.
        """
        if self._tap is not None and self._tap.isOf(link):
            self._tap.seen(link)
            return
        before = self._running.get(link.index, False)
        self._running[link.index] = link.isRunning
        if link.isRunning and not before and any(each[0] == link.index for each in self._addresses):
            self._soon()

    def linkGone(self, index: int) -> None:
        """
        See L{HostListener}: its addresses go one by one.
        """
        self._running.pop(index, None)
        if self._tap is not None and index == self._tap.index:
            self._tap.gone()

    def addressSeen(self, address: Address) -> None:
        """
        See L{HostListener}.
        """
        if self._tap is not None:
            self._tap.addressSeen(address.host)  # also on a bridge of which the tap is a port
            if address.link == self._tap.index:
                return
        key = address.link, address.host, address.prefix
        before = self._addresses.get(key, False)
        if key not in self._addresses and len(self._addresses) >= ADDRESSES_MAXIMUM:
            self._addresses.clear()
        self._addresses[key] = address.isUsable
        if address.isUsable != before:
            self._soon()

    def addressGone(self, address: Address) -> None:
        """
        See L{HostListener}.
        """
        if self._tap is not None and address.link == self._tap.index:
            if all(host != address.host for _, host, _ in self._addresses):
                self._tap.addressGone(address.host)
        elif self._addresses.pop((address.link, address.host, address.prefix), address.isUsable):
            self._soon()

    def routeChanged(self, link: int) -> None:
        """
        See L{HostListener}.
        """
        if self._tap is None or link != self._tap.index:
            self._soon()

    def settled(self) -> None:
        """
        See L{HostListener}: what came while it was not, after something was lost, was taken for what there was before.
        """
        self._isSettled = True
        if self._hasLost:
            self._hasLost = False
            self._soon()

    def lost(self) -> None:
        """
        See L{HostListener}: some of what was not seen may concern us.
        """
        self._soon()
        self._isSettled, self._hasLost = False, True
        self._addresses.clear()
        self._running.clear()

    # What is done.

    def _soon(self) -> None:
        if self._isSettled and not self._timer.isSet:
            self._timer.set(max(DEBOUNCE, self._last + ROUND_INTERVAL - self._context.clock.seconds()))

    def _go(self) -> None:
        self._last = self._context.clock.seconds()
        self._counters["host-moves"] += 1
        self._moved()
