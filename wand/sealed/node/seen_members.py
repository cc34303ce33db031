"""
The members of a network as this node sees them, for people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from wand.interfaces import Context
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.claims import Claims
from wand.sealed.node.own_node import OwnNode
from wand.sealed.reach.causes import DIRECT, hostOf
from wand.sealed.reach.inspection import ReachInspection
from wand.status import SeenStatus, WayStatus
from wand.version import __version__

#: Which programs decide about members, where none of them is known by name; and how many are named.
DECIDERS: Final = "a server, or the node that founded the network"
DECIDERS_MAXIMUM: Final = 3

#: What the way to ourselves is called.
THIS: Final = "this"


class SeenMembers:
    """
    Puts together what claims, directories and sessions know of each member.  Nothing is done until somebody asks.
    """

    def __init__(
        self,
        node: OwnNode,
        claims: Claims,
        inspection: ReachInspection,
    ) -> None:
        self._node = node
        self._own = node.enrolment.identity
        self._claims = claims
        self._sessions = node.transport.sessions
        self._ways = node.transport.inspection
        self._inspection = inspection
        self._context: Context = node.context

    def page(self, after: str | None, count: int) -> list[SeenStatus]:
        """
        At most C{count} members in the order of their keys, those beyond C{after}; the servers and ourselves included.
        """
        beyond = b"" if after is None else Identity.parse(after) or b""
        others = {Identity(each.certificate.identity) for each in self._claims.page(beyond, count)}
        own = [self._own, *self._inspection.servers()]
        found = sorted(others.union(each for each in own if each > beyond))[:count]
        return [self.of(identity) for identity in found]

    def deciders(self) -> str:
        """
        The names of the programs that decide about all members and the network, as far as they are known: servers, and
        nodes with the network key.
        """
        founders = (each for each in self._claims.admitters if not self._isDeputy(each))
        found = {self._inspection.nameOf(each) for each in (*self._inspection.servers(), *founders)}
        return " or ".join(sorted(filter(None, found))[:DECIDERS_MAXIMUM]) or DECIDERS

    def _isDeputy(self, identity: Identity) -> bool:
        said = self._claims.announcement(identity)
        return said is None or bool(said.certificate.grant)

    def of(self, identity: Identity) -> SeenStatus:
        """
        One member; with an empty name if nobody told of it.
        """
        said = self._claims.announcement(identity)
        ways = self._ways.waysTo(identity)
        status = SeenStatus(
            name=self._inspection.nameOf(identity),
            key=identity.text,
            addresses=[] if said is None else list(said.certificate.addresses),
            macs=[] if said is None else [":".join(f"{octet:02x}" for octet in mac) for mac in said.claim.macs],
            online=self._sessions.isUp(identity) or self._claims.entries.isOnline(identity),
            seen=_heard(ways),
            server=identity in self._inspection.servers(),
            version="" if said is None else said.claim.version,
        )
        if identity == self._own:
            return self._ourselves(status)
        used = next((way for way in ways if way.usedSince is not None), None)
        return self._withWay(status, used if status.online else None)  # the last way is known for a while longer

    def _withWay(self, status: SeenStatus, used: WayStatus | None) -> SeenStatus:
        if used is None:
            return status
        return replace(
            status,
            way="direct" if used.rank in DIRECT else used.rank,
            relay=self._ways.relayName(hostOf(used.place)),
            roundTrip=used.roundTrip,
        )

    def _ourselves(self, status: SeenStatus) -> SeenStatus:
        own = self._node.enrolment.own
        isRevoked = self._node.enrolment.stage == "revoked"
        return replace(
            status,
            online=not isRevoked,
            state="revoked" if isRevoked else status.state,
            name=own.name if own else self._node.wish,
            addresses=list(own.addresses) if own else [],
            macs=status.macs or [str(self._node.tap.mac)],
            seen=self._context.wallClock(),
            way=THIS,
            version=__version__,
        )


def _heard(ways: Sequence[WayStatus]) -> float | None:
    """
    When something last came from a member, over whichever way.
    """
    times = [time for way in ways for time in (way.heard, way.answered) if time is not None]
    return max(times, default=None)
