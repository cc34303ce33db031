"""
Answers to "who has this address?" from what is known of the members, so that the question need not go to everybody.

In a large network with members it is at work unless the configuration names other frame services.  Where not everybody
is known, the member that has the address is looked for; only if there is none the question goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Final

import msgspec
from zope.interface import implementer

from wand.ethernet import Frame
from wand.frame_services.neighbour_questions import Question, questionOf
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher, NodeContext, Passage, Settings
from wand.interfaces.participant import MemberContext
from wand.plugin_settings import readSettings
from wand.table import Peer

COUNTERS: Final = {
    "neighbours-answered": "questions of the host, by ARP or neighbour discovery, answered for members",
    "neighbours-sought": "questions of the host held back while the member with the address was looked for",
}

#: How many questions are held back at most; further ones go on.
HELD_MAXIMUM: Final = 256

#: What the operator calls these settings.
WHERE: Final = "frame-service-settings.neighbours"


class NeighbourSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The settings.

    @ivar members: answer while at least this many others are in the table; where there are fewer, asking all of them
        costs little, and the owner of an address knows best.  Where not everybody is known this does not matter.
    """

    members: Annotated[int, msgspec.Meta(ge=0)] = 32


@implementer(IFrameService)
class Neighbours:
    """
    The plugin.
    """

    name = "neighbours"
    about = "answers ARP and neighbour discovery for members' addresses, so that large networks ask nobody"
    settings = NeighbourSettings

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}: it works everywhere.
        """

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        See L{IFrameService}.
        """
        members = readSettings(settings, NeighbourSettings, WHERE).members
        return NeighboursWatcher(members, context, inject)


@implementer(IFrameWatcher)
class NeighboursWatcher:
    """
    The service at work.  Where there is no network with members, nobody says who has an address, and it does nothing.
    """

    def __init__(self, members: int, context: NodeContext, inject: Callable[[Frame], object]) -> None:
        """
        @param members: see L{NeighbourSettings}.
        @param inject: hands a frame to the host.
        """
        context.counters.declare(COUNTERS)
        self._members = members
        self._sealed = context.sealed
        self._table = context.table
        self._counters = context.counters
        self._readAgain = context.readAgain
        self._inject = inject
        self._held: dict[tuple[bytes, bytes], bytes] = {}
        self._letsGo = False

    def leaving(self, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}.
        """
        sealed = self._sealed
        if sealed is None or self._letsGo:
            return True
        if len(self._table.peers) < self._members and not sealed.search.isPartial:
            return True
        question = questionOf(frame)
        if question is None:
            return True
        return CONSUMED if self._answered(sealed, question) or self._holds(sealed, question, frame) else True

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}: the host answers for itself.
        """
        return True

    def close(self) -> None:
        """
        See L{IFrameWatcher}: what is held back is dropped.
        """
        self._held.clear()

    def _answered(self, sealed: MemberContext, question: Question) -> bool:
        mac = self._macOf(sealed, question.target)
        if mac is None:
            return False
        self._counters["neighbours-answered"] += 1
        self._inject(question.answer(mac))
        return True

    # Where not everybody is known.

    def _holds(self, sealed: MemberContext, question: Question, frame: Frame) -> bool:
        """
        Look for the member that has an overlay address, if it may be there and was not looked for just now.

        @return: whether the question is held back until then.
        """
        address, held = str(ip_address(question.target)), (question.asker, question.target)
        if not sealed.search.isPartial or not sealed.participant.isOverlay(address):
            return False
        if held in self._held:
            return True
        answer = sealed.search.find("address", address)
        if answer.called or len(self._held) >= HELD_MAXIMUM:
            return False
        self._counters["neighbours-sought"] += 1
        self._held[held] = bytes(frame)
        answer.addBoth(lambda _: self._sought(sealed, question, held))
        return True

    def _sought(self, sealed: MemberContext, question: Question, held: tuple[bytes, bytes]) -> None:
        frame = self._held.pop(held, None)
        if frame is None or self._answered(sealed, question):
            return
        self._letsGo = True  # a host behind a bridge may have it
        try:
            self._readAgain(frame)
        finally:
            self._letsGo = False

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
