"""
What the monitor of a node sees in its state: servers that do not answer, a certificate that ends, conflicts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from wand.endpoint import SERVER_PORT
from wand.interfaces import Context
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.node_membership import NodeMembership
from wand.status import ConflictStatus, DirectoryStatus

#: Seconds without an answer after which a server is said to be silent, and after which one that we want to join at is.
SERVER_PATIENCE: Final = 120.0
JOIN_PATIENCE: Final = 20.0

#: What is said of a certificate that should have been renewed, and of one that has expired.
UNRENEWED: Final = (
    "the certificate of this node ends in {} hours, and no server has renewed it: check whether one answers, whether "
    "it waits for a signature (wand requests, at the server), and whether the clocks are right"
)
EXPIRED: Final = (
    "the certificate of this node has expired, or this host's clock is ahead, and others refuse it: check the clock "
    "(timedatectl), and whether a server can be reached, which renews the certificate"
)

SERVER_SILENT: Final = (
    "no answer from the server at {places}, where the invitation is to be redeemed: does it run, does its firewall let "
    "UDP port {port} in, and is it the invitation of that server?  This node goes on trying"
)
OWNER_SILENT: Final = (
    "no answer from the member {owner} at {places}, which made the invitation, and which alone redeems it: does it "
    "run, and does its firewall let UDP port {port} in?  This node goes on trying; while that member is away, another "
    "one that admits members can make another invitation (wand invite)"
)

#: How many servers and conflicts are named.
NAMED_MAXIMUM: Final = 3


class NodeMonitor:
    """
    Says what lasts.
    """

    def __init__(
        self,
        context: Context,
        member: Callable[[], NodeMembership | None],
        directories: Callable[[], list[DirectoryStatus]],
    ) -> None:
        """
        @param member: gives our membership, where the protocol has one and once it is there.
        @param directories: gives the state of every server.
        """
        self._context = context
        self._notes = context.notes
        self._member = member
        self._directories = directories
        self._since: dict[str, float] = {}

    @property
    def looks(self) -> Sequence[Callable[[], object]]:
        """
        For a L{wand.programs.monitor.Monitor}.
        """
        return self._servers, self._joining, self._certificate, self._conflicts

    def _servers(self) -> None:
        now = self._context.clock.seconds()
        waiting = [each.name for each in self._directories() if each.state not in ("answered", "fixed")]
        self._since = {name: self._since.get(name, now) for name in waiting}
        silent = [name for name in waiting if now - self._since[name] >= SERVER_PATIENCE]
        if silent:
            minutes = SERVER_PATIENCE / 60
            self._notes.say(
                "servers-silent",
                f"no answer from the server at {_some(silent)} for {minutes:.0f} minutes: does it run, and does "
                f"its firewall let UDP port {_port(silent[0])} in?  Members that are known are still reached",
            )
        else:
            self._notes.clear("servers-silent")

    def _joining(self) -> None:
        member = self._member()
        silentFor = 0.0 if member is None else member.unansweredFor
        token = None if member is None else member.enrolment.token
        if token is None or silentFor < JOIN_PATIENCE:
            self._notes.clear("join-silent")
            return
        advice = OWNER_SILENT if token.admission else SERVER_SILENT
        places, port = _some(list(token.endpoints)), _port(token.endpoints[0])
        self._notes.say("join-silent", advice.format(places=places, port=port, owner=Identity(token.identity)))

    def _certificate(self) -> None:
        member = self._member()
        own = None if member is None else member.enrolment.own
        if own is None:
            self._notes.clear("certificate")
            return
        left = own.expires - self._context.wallClock()
        if left > (own.expires - own.issued) / 3:
            self._notes.clear("certificate")
            return
        hours = max(1, round(left / 3600))
        self._notes.say("certificate", UNRENEWED.format(hours) if left > 0 else EXPIRED)

    def _conflicts(self) -> None:
        member = self._member()
        found = [] if member is None else member.claims.conflicts
        if not found:
            self._notes.clear("conflicts")
            return
        self._notes.say(
            "conflicts",
            f"members claim the same: {_some([_conflict(each) for each in found], '; ')}.  Change one of each two, or "
            "revoke it at the server",
        )


def _some(names: list[str], between: str = ", ") -> str:
    more = [f"{len(names) - NAMED_MAXIMUM} more"] if len(names) > NAMED_MAXIMUM else []
    return between.join([*names[:NAMED_MAXIMUM], *more])


def _port(endpoint: str) -> str:
    host, _, port = endpoint.rpartition(":")
    return port if host and port.isdigit() else str(SERVER_PORT)


def _conflict(each: ConflictStatus) -> str:
    return f"{each.what} {each.value} is {each.winner}'s, and {each.loser} claims it too"
