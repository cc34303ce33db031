"""
A host in simulated time: interfaces, addresses and routes that a test changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from wand.host.changes import Address, HostListener, Link


class SimulatedHost:
    """
    A L{wand.host.changes.HostChanges} that tells what a test does.

    @ivar links: the interfaces, by their numbers.
    @ivar addresses: those that there are.
    """

    def __init__(self) -> None:
        self.links: dict[int, Link] = {}
        self.addresses: list[Address] = []
        self._listeners: list[HostListener] = []

    def watch(self, listener: HostListener) -> Callable[[], None]:
        """
        See L{wand.host.changes.HostChanges}.
        """
        self._listeners.append(listener)
        self._tellAll(listener)

        def end() -> None:
            self._listeners = [each for each in self._listeners if each is not listener]

        return end

    def addLink(self, name: str, mac: bytes = b"\2\0\0\0\0\1", mtu: int = 1500) -> int:
        """
        Make an interface, and set it up.

        @return: its number.
        """
        index = len(self.links) + 1
        self._set(Link(index, name, mac, mtu, isUp=True, isRunning=True))
        return index

    def change(self, index: int, **changes: Any) -> None:
        """
        Change an interface.

        @param changes: of the attributes of L{Link}.
        """
        self._set(attrs.evolve(self.links[index], **changes))

    def deleteLink(self, index: int) -> None:
        """
        Delete an interface.
        """
        del self.links[index]
        for listener in self._listeners:
            listener.linkGone(index)

    def addAddress(self, link: int, host: str, prefix: int = 24, *, isUsable: bool = True) -> None:
        """
        Add an address, or confirm one.
        """
        address = Address(link, host, prefix, isUsable)
        if address not in self.addresses:
            self.addresses.append(address)
        for listener in self._listeners:
            listener.addressSeen(address)

    def removeAddress(self, link: int, host: str) -> None:
        """
        Remove an address.
        """
        gone = [each for each in self.addresses if (each.link, each.host) == (link, host)]
        self.addresses = [each for each in self.addresses if each not in gone]
        for listener in self._listeners:
            for address in gone:
                listener.addressGone(address)

    def changeRoute(self, link: int) -> None:
        """
        Change a route through an interface.
        """
        for listener in self._listeners:
            listener.routeChanged(link)

    def lose(self) -> None:
        """
        Lose events: everything is reported again.
        """
        for listener in self._listeners:
            listener.lost()
            self._tellAll(listener)

    def _set(self, link: Link) -> None:
        self.links[link.index] = link
        for listener in self._listeners:
            listener.linkSeen(link)

    def _tellAll(self, listener: HostListener) -> None:
        for link in self.links.values():
            listener.linkSeen(link)
        for address in self.addresses:
            listener.addressSeen(address)
        listener.settled()
