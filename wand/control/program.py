"""
What the control socket can look at and change: a running program, seen from the outside.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

import attrs

from wand.counters import Counters
from wand.ethernet import MAC
from wand.events import Events
from wand.logs.levels import Levels
from wand.reach_status import NetworkCheckStatus, WaysStatus, WhyStatus
from wand.recent_events import RecentEvents
from wand.sealed.credentials.limits import DEFAULT_LIMITS, Limits
from wand.sealed.credentials.member_status import InvitationStatus, MemberStatus, ServerStatus
from wand.status import EntryStatus, PeerStatus, ProgramStatus, SecretStatus, SeenStatus

if TYPE_CHECKING:
    from wand.capture.recording import Wanted
    from wand.control.console_commands import ConsoleGrant


@attrs.frozen
class InvitationSettings:
    """
    What an invitation is to be like.

    @ivar endpoints: where nodes reach the server, C{HOST:PORT} each; empty for what its configuration says.
    @ivar uses: how many nodes may join with it.
    @ivar lifetime: in seconds.
    @ivar name: what the node that joins is called; empty for what it wants.
    @ivar bridge: do those who join get the bridge right?
    @ivar approval: must somebody approve those who join?
    @ivar limits: how much those who join may bring.
    @ivar relay: do they get the relay right?
    @ivar admits: how many members may they admit themselves? 0 for none.
    """

    endpoints: Sequence[str] = ()
    uses: int = 1
    lifetime: float = 86_400.0
    name: str = ""
    bridge: bool = False
    approval: bool = False
    limits: Limits = DEFAULT_LIMITS
    relay: bool = False
    admits: int = 0


class NetworkAdministration(Protocol):
    """
    A sealed network, as the operator of its server sees it.  Methods raise only L{wand.errors.WandError}.
    """

    async def invite(self, settings: InvitationSettings) -> str:
        """
        Make an invitation.

        @return: the token.
        @raise wand.errors.MembershipRefused: if it cannot be made so.
        """

    async def admit(self, request: str, settings: InvitationSettings) -> str:
        """
        Make a member of a node whose request somebody brought.

        @param settings: its C{endpoints}, C{name}, C{bridge} and C{relay} count.
        @return: the answer, which only that node can read.
        @raise wand.errors.TokenInvalid: if C{request} is none.
        @raise wand.errors.MembershipRefused: if it cannot be a member.
        """

    def invitations(self) -> list[InvitationStatus]:
        """
        The invitations that can still be redeemed.
        """

    async def withdraw(self, invitation: str) -> None:
        """
        Withdraw an invitation.

        @param invitation: its whole id in hex.
        @raise wand.errors.NoSuchMember: if there is none.
        """

    def members(self, after: str | None, count: int) -> list[MemberStatus]:
        """
        At most C{count} members in the order of their keys, those beyond C{after}.
        """

    def servers(self) -> list[ServerStatus]:
        """
        The servers of the network.
        """

    async def approve(self, nameOrKey: str) -> MemberStatus:
        """
        Admit somebody who waits for it.
        """

    async def rename(self, nameOrKey: str, name: str) -> MemberStatus:
        """
        Call a member something else.
        """

    async def address(self, nameOrKey: str, addresses: Sequence[str]) -> MemberStatus:
        """
        Give a member other overlay addresses, each in place of the one of the same prefix.
        """

    async def limit(self, nameOrKey: str, macs: int | None, broadcasts: int | None) -> MemberStatus:
        """
        Say how many MAC addresses may be behind a member, and how many broadcasts it may send in a second; C{None}
        leaves a limit as it is.
        """

    async def confirm(self, nameOrKey: str) -> MemberStatus:
        """
        Say that the MAC addresses of a member are its own, also where they were heard behind another.
        """

    async def appoint(self, nameOrKey: str, admits: int) -> MemberStatus:
        """
        Let a member admit others.

        @param admits: how many; 0 for none any more.
        """

    async def revoke(self, nameOrKey: str) -> MemberStatus:
        """
        Revoke a member permanently.
        """

    def secret(self) -> SecretStatus:
        """
        Which secret the members have; not the secret itself.
        """

    async def rotate(self, overlap: float) -> SecretStatus:
        """
        Give the network another secret.

        @param overlap: for how many seconds the former one counts between members.
        @raise wand.errors.MembershipRefused: if the network key is not here, or that is too long.
        """

    def requests(self) -> bytes:
        """
        What waits for a signature made elsewhere, as a document for C{wand sign}.
        """

    async def importSignatures(self, document: bytes) -> int:
        """
        Take what was signed elsewhere.

        @return: how many certificates and revocations were taken.
        """


class ReachInspection(Protocol):
    """
    How a node reaches others, as its operator sees it.  Methods raise only L{wand.errors.WandError}.
    """

    async def why(self, peer: str) -> WhyStatus:
        """
        Why a member is reached the way it is.  It is asked what it says of its network, which takes a second at most.

        @param peer: its name, its key, one of its overlay addresses or of its MAC addresses.
        @raise wand.errors.NoSuchMember: if there is no such member.
        """

    async def ways(self, peer: str) -> WaysStatus:
        """
        The ways to a member, without asking it anything.

        @raise wand.errors.NoSuchMember: if there is no such member.
        """

    async def ping(self, peer: str, place: str | None) -> float:
        """
        Ask a member to answer.

        @param place: over which of its ways; C{None} for the one in use.
        @return: the seconds that it took.
        @raise wand.errors.NoAnswer: if it does not answer.
        """

    async def check(self) -> NetworkCheckStatus:
        """
        Look at what the network around the node allows.
        """


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
