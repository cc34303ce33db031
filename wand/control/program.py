"""
What the control socket can look at and change: a running program, seen from the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from wand.control.network_administration import NetworkAdministration
from wand.control.reach_inspection import ReachInspection
from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Events
from wand.logs.levels import Levels
from wand.recent_events import RecentEvents
from wand.status import EntryStatus, PeerStatus, ProgramStatus, SeenStatus

if TYPE_CHECKING:
    from wand.capture.recording import Wanted
    from wand.control.console_commands import ConsoleGrant


class RunningCapture(Protocol):
    """
    A capture of frames.
    """

    @property
    def head(self) -> bytes:
        """
        The beginning of its file.
        """

    @property
    def stop(self) -> Callable[[], None]:
        """
        Ends it; more calls do nothing.
        """


class ConsoleAccess(Protocol):
    """
    Who may use the console in the browser.
    """

    def link(self, *, readOnly: bool) -> ConsoleGrant:
        """
        A link that lets one browser in.
        """

    def token(self, lifetime: float, *, readOnly: bool) -> ConsoleGrant:
        """
        A token that lets scripts in.

        @param lifetime: in seconds.
        @raise wand.errors.NotSupported: if there are too many.
        """

    def end(self) -> int:
        """
        Let nobody in any more.

        @return: how many links, browsers and tokens there were.
        """


class Program(Protocol):
    """
    A running node, server, etud or wand.  Methods raise only L{wand.errors.WandError}.

    @ivar counters: everything that it counts.
    @ivar events: everything that happens in it.
    @ivar recent: what happened last.
    @ivar levels: how much each part says in its log.
    """

    counters: Counters
    events: Events
    recent: RecentEvents
    levels: Levels

    def status(self) -> ProgramStatus:
        """
        The state of the program, for people.
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

    def seen(self, after: str | None, count: int) -> list[SeenStatus]:
        """
        At most C{count} members that the program knows, in the order of their keys, those beyond C{after}.

        @raise wand.errors.NotSupported: if the program is in no sealed network.
        """

    def add(self, mac: MAC, peer: str, source: str | None, lifetime: float | None) -> None:
        """
        Put an entry into the table.

        @param source: who says so, for a program that feeds the table; C{None} for the operator.
        @param lifetime: seconds, or C{None} for no end.
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
        @raise wand.errors.ConfigurationInvalid: if the file cannot be used; nothing is changed then.
        """

    def stop(self) -> None:
        """
        Stop soon, in good order.
        """

    def capture(self, wanted: Wanted, take: Callable[[bytes], object]) -> RunningCapture:
        """
        Begin to capture frames.

        @param take: called with the block of each frame of a pcapng file.
        @raise wand.errors.NotSupported: if the program carries no frames.
        """

    def wake(self, mac: MAC) -> None:
        """
        Send everybody what wakes a host that sleeps.

        @raise wand.errors.NotSupported: if the program carries no frames, or there is nobody else.
        """

    async def join(self, token: str, addresses: Sequence[str] = ()) -> None:
        """
        Redeem an invitation; done as soon as it is kept, not when the server has answered.  Or take the answer to the
        request that somebody brought.

        @raise wand.errors.NotSupported: if this program is not a node of a sealed network.
        @raise wand.errors.TokenInvalid: if C{token} is not an invitation.
        @raise wand.errors.MembershipRefused: if this node is a member of another network.
        """

    def request(self) -> str:
        """
        What this node asks for, to be carried to somebody who may admit it.

        @raise wand.errors.NotSupported: if this program is not a node of a sealed network.
        """

    async def found(self, name: str, prefix: str, prefix6: str = "") -> str:
        """
        Make a network whose first member this node is, and which it admits others to.

        @param prefix: where overlay addresses come from; empty for the usual one.
        @param prefix6: where those of IPv6 come from; empty for the usual one.
        @return: an invitation for one node; empty if nobody knows where others reach this one.
        @raise wand.errors.NotSupported: if this program is not a node of a sealed network.
        @raise wand.errors.MembershipRefused: if this node is a member of a network already.
        """

    @property
    def network(self) -> NetworkAdministration:
        """
        The network whose server this program is, or which it founded.

        @raise wand.errors.NotSupported: if it is none.
        """

    @property
    def reach(self) -> ReachInspection:
        """
        How this program reaches others.

        @raise wand.errors.NotSupported: if it is not a node of a sealed network.
        """

    @property
    def console(self) -> ConsoleAccess:
        """
        Who may use its console.

        @raise wand.errors.NotSupported: if it serves none.
        """
