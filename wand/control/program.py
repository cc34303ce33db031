"""
What the control socket can look at and change: a running program, seen from the outside.
"""

from __future__ import annotations

from typing import Protocol

from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Events
from wand.status import EntryStatus, PeerStatus, ProgramStatus


class Program(Protocol):
    """
    A running node, server, etud or wand.  Methods raise only L{wand.errors.WandError}.

    @ivar counters: everything that it counts.
    @ivar events: everything that happens in it.
    """

    counters: Counters
    events: Events

    def status(self) -> ProgramStatus:
        """
        How it is.
        """

    def entries(self, after: MAC | None, count: int) -> list[EntryStatus]:
        """
        At most C{count} entries in the order of their addresses, those beyond C{after}.
        """

    def peers(self, after: str | None, count: int) -> list[PeerStatus]:
        """
        At most C{count} peers in the order of their texts, those beyond C{after}.

        @raise wand.errors.NotSupported: if the program has none.
        """

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        Put an entry into the table.

        @param source: who says so, for a program that feeds the table; C{None} for the operator.
        @param lifetime: seconds, or C{None} for ever.
        @raise wand.errors.AddressInvalid: if the protocol knows no such peer.
        @raise wand.errors.EntryRefused: if the table does not take it.
        """

    def delete(self, mac: MAC, source: str | None) -> None:
        """
        Take an entry out: what one source says of C{mac}, or with C{None} all that is said of it.

        @raise wand.errors.NoSuchEntry: if there is none.
        """

    def reload(self) -> list[str]:
        """
        Read the configuration again and take over what can be changed in a running program.

        @return: what was changed, and what has to wait for a restart, a sentence each.
        @raise wand.errors.ConfigurationInvalid: if the file can not be used; nothing is changed then.
        """

    def stop(self) -> None:
        """
        Stop soon, in good order.
        """
