"""
Answers to "who has this address?" from what is known of the members, so that the question need not go to everybody.

In a large network with members it is at work unless the configuration names other frame services.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Final

import msgspec
from zope.interface import implementer

from wand.counters import Counters
from wand.ethernet import Frame
from wand.frame_services.neighbour_questions import questionOf
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher, NodeContext, Passage, Settings
from wand.interfaces.participant import MemberContext
from wand.plugin_settings import readSettings
from wand.table import Peer, Table

COUNTERS: Final = {
    "neighbours-answered": "questions of the host, by ARP or neighbour discovery, answered for members",
}

#: What the operator calls these settings.
WHERE: Final = "frame-service-settings.neighbours"


class NeighbourSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The settings.

    @ivar members: answer while at least this many others are in the table; where there are fewer, asking all of them
        costs little, and the owner of an address knows best.
    """

    members: Annotated[int, msgspec.Meta(ge=0)] = 32


@implementer(IFrameService)
class Neighbours:
    """
    The plugin.
    """

    name = "neighbours"
    about = "answers ARP and neighbour discovery for members' addresses, so that large networks ask nobody"

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}: it works everywhere.
        """

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        See L{IFrameService}.
        """
        members = readSettings(settings, NeighbourSettings, WHERE).members
        return NeighboursWatcher(members, context.sealed, context.table, context.counters, inject)


@implementer(IFrameWatcher)
class NeighboursWatcher:
    """
    The service at work.  Where there is no network with members, nobody says who has an address, and it does nothing.
    """

    def __init__(
        self,
        members: int,
        sealed: MemberContext | None,
        table: Table,
        counters: Counters,
        inject: Callable[[Frame], object],
    ) -> None:
        """
        @param members: see L{NeighbourSettings}.
        @param inject: hands a frame to the host.
        """
        counters.declare(COUNTERS)
        self._members = members
        self._sealed = sealed
        self._table = table
        self._counters = counters
        self._inject = inject

    def leaving(self, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}.
        """
        if self._sealed is None or len(self._table.peers) < self._members:
            return True
        question = questionOf(frame)
        mac = self._macOf(self._sealed, question.target) if question is not None else None
        if question is None or mac is None:
            return True
        self._counters["neighbours-answered"] += 1
        self._inject(question.answer(mac))
        return CONSUMED

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}: the host answers for itself.
        """
        return True

    def close(self) -> None:
        """
        See L{IFrameWatcher}: nothing is left behind.
        """

    def _macOf(self, sealed: MemberContext, address: bytes) -> bytes | None:
        """
        The MAC address of the member that has an IP address; C{None} if nobody has it, we have it, the member has
        several to choose from, or frames would not get there now.
        """
        claims = sealed.participant.claims
        owner = claims.ownerOf("address", str(ip_address(address)))
        announcement = claims.announcement(owner) if owner is not None else None
        if announcement is None or len(announcement.claim.macs) != 1:
            return None
        (mac,) = announcement.claim.macs
        return mac if self._table.peerOf.get(mac) == owner else None
