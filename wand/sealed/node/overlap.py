"""
Overlaps: addresses of the overlay to which this host has another route, too.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Final

from wand.host.routes import Prefix, Route, alternative, overlap, routes
from wand.interfaces import Context
from wand.timing.repeating import Repeating

#: Seconds between two looks.
ROUTES_INTERVAL: Final = 30.0

#: What the notes are about; there is one for each kind of addresses.
OVERLAP_NOTE: Final = "overlap"

#: What is no prefix yet, and cannot be in the way; see L{wand.sealed.authority.new_prefixes}.
MADE_LATER: Final = ("auto", "none", "")

#: Gives the routes of this host.
Routes = Callable[[], list[Route]]


def obstacle(prefix: str, tell: Routes = routes) -> str:
    """
    Why a network with this prefix should not be created on this host; empty if nothing speaks against it.

    @raise ValueError: if it is neither a prefix nor one of L{MADE_LATER}.
    """
    if prefix in MADE_LATER:
        return ""
    known = tell()
    wanted = ip_network(prefix)
    found = overlap(wanted, known=known)
    if found is None:
        return ""
    return f"{wanted} overlaps {_named(found)} of this host; {_advice(wanted, known)}"


def freePrefix(usual: str, tell: Routes = routes) -> str:
    """
    The prefix that is usual, or another one if a route of this host is in its way.
    """
    known = tell()
    wanted = ip_network(usual)
    if overlap(wanted, known=known) is None:
        return usual
    return str(alternative(wanted, known) or usual)


class OverlapWatch:
    """
    Looks now and then whether a route is in the way of the overlay, and tells the operator.
    """

    def __init__(self, context: Context, consequence: str, *, isHint: bool = False, tell: Routes = routes) -> None:
        """
        @param consequence: what an overlap means here.
        @param isHint: did the operator want it?
        """
        self._notes = context.notes
        self._consequence = consequence
        self._isHint = isHint
        self._routes = tell
        self._prefixes: tuple[Prefix, ...] = ()
        self._own: Callable[[], Sequence[str]] = lambda: ()
        self._looking = Repeating("a look at the routes", self.look, context.clock, context.failures)

    def start(self, prefixes: Sequence[str], own: Callable[[], Sequence[str]]) -> None:
        """
        Look now, and then every 30 s.

        @param own: names of interfaces, and addresses, that belong to the overlay.
        """
        self._prefixes, self._own = tuple(map(ip_network, prefixes)), own
        if not self._looking.running:
            self._looking.start(ROUTES_INTERVAL)

    def stop(self) -> None:
        """
        Stop looking.
        """
        self._looking.stop()

    def look(self) -> None:
        """
        Look now: a route changed, perhaps.
        """
        known = self._routes() if self._prefixes else []
        for prefix in self._prefixes:
            self._lookAt(prefix, known)

    def _lookAt(self, prefix: Prefix, known: list[Route]) -> None:
        found, note = overlap(prefix, self._own(), known), f"{OVERLAP_NOTE}-{prefix.version}"
        if found is None:
            self._notes.clear(note)
            return
        said = f"the overlay's addresses, {prefix}, overlap {_named(found)} of this host"
        if found.prefix.prefixlen < prefix.prefixlen:  # ours goes first: merely, some there cannot be reached
            self._notes.say(note, f"{said}: addresses in both lead into the overlay", isHint=True)
        else:
            text = f"{said}: {self._consequence}; give that network other addresses, or "
            self._notes.say(note, text + _advice(prefix, known), isHint=self._isHint)


def interfacesOf(tap: str) -> list[str]:
    """
    The names of a tap and of the bridge that it is a port of; none if there is no such interface.
    """
    try:
        socket.if_nametoindex(tap)
    except OSError:
        return []
    try:
        return [tap, Path(f"/sys/class/net/{tap}/master").readlink().name]
    except OSError:
        return [tap]


def _named(found: Route) -> str:
    where = f" ({found.nowhere or found.interface})" if found.nowhere or found.interface else ""
    return f"the route {found.prefix}{where}"


def _advice(prefix: Prefix, known: list[Route]) -> str:
    free = alternative(prefix, known)
    return f"create the network with another prefix{f', such as {free}' if free else ''}"
