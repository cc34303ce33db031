"""
What changes on this host, as those see it who have to react.

L{wand.host.netlink} tells it on Linux; C{simulated.host} in simulated time.  Both pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import attrs


@attrs.frozen
class Link:
    """
    A network interface.

    @ivar index: its number, which it keeps when it is renamed.
    @ivar mac: its address, six octets; another length where the interface is not Ethernet.
    @ivar mtu: in octets.
    @ivar isUp: did somebody set it up?
    @ivar isRunning: does it have a carrier, too?
    @ivar kind: what the kernel calls an interface that is not hardware; empty for hardware.
    @ivar master: the number of the bridge that it is a port of; 0 for none.
    @ivar alias: what somebody, or a program, calls it besides its name.
    """

    index: int
    name: str
    mac: bytes
    mtu: int
    isUp: bool
    isRunning: bool
    kind: str = ""
    master: int = 0
    alias: str = ""


@attrs.frozen
class Address:
    """
    An IP address of an interface.

    @ivar link: the number of the interface.
    @ivar host: the address, in its canonical text.
    @ivar prefix: the length of its prefix.
    @ivar isUsable: can others reach us there?  Addresses of one link or of this host only are not, nor are those that
        the system still tests.
    """

    link: int
    host: str
    prefix: int
    isUsable: bool


class HostListener(Protocol):
    """
    Is told of what changes.
    """

    def linkSeen(self, link: Link) -> None:
        """
        An interface is as said: it was there from the beginning, is new, or has changed.
        """

    def linkGone(self, index: int) -> None:
        """
        An interface was deleted, or moved into another network namespace.
        """

    def addressSeen(self, address: Address) -> None:
        """
        An address was there from the beginning, is new, or was confirmed.
        """

    def addressGone(self, address: Address) -> None:
        """
        An address was removed.
        """

    def routeChanged(self, link: int) -> None:
        """
        A route through an interface came or went.

        @param link: the number of the interface; 0 if there is none.
        """

    def settled(self) -> None:
        """
        Everything that is there was told; what comes from now on is new.
        """

    def lost(self) -> None:
        """
        Some changes were not seen: everything is told again, until L{settled}.
        """


class HostChanges(Protocol):
    """
    Tells what changes on this host.
    """

    def watch(self, listener: HostListener) -> Callable[[], None]:
        """
        Tell a listener everything that there is, and every change from then on.

        @return: a function that ends it.
        """


class Unwatched:
    """
    A host that nobody watches: nothing is ever told.
    """

    def watch(self, listener: HostListener) -> Callable[[], None]:
        """
        See L{HostChanges}.
        """
        return lambda: None
