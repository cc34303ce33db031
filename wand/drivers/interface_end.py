"""
The end of a network interface, for ports that cannot tell by themselves that theirs was deleted.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.host.changes import Address, Link


class InterfaceEnd:
    """
    Calls somebody when an interface was deleted.  It is a L{wand.host.changes.HostListener}.
    """

    def __init__(self, index: int, then: Callable[[], object]) -> None:
        """
        @param index: the number of the interface.
        """
        self._index = index
        self._then = then

    def linkGone(self, index: int) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """
        if index == self._index:
            self._then()

    def linkSeen(self, link: Link) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """

    def addressSeen(self, address: Address) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """

    def addressGone(self, address: Address) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """

    def routeChanged(self, link: int) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """

    def settled(self) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """

    def lost(self) -> None:
        """
        See L{wand.host.changes.HostListener}.
        """
