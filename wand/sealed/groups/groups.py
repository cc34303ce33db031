"""
Frames to groups in a large network: ours begin here, and those of others are taken and handed on.
"""

from __future__ import annotations

from typing import Final

import attrs

from wand.ethernet import Frame
from wand.interfaces import Context, IFrameReceiver, ISessions
from wand.interfaces.membership import Member
from wand.interfaces.participant import MemberContext
from wand.sealed.control_numbers import GROUP_NUMBERS
from wand.sealed.groups.assembly import Assembly
from wand.sealed.groups.circle import WHOLE, Circle
from wand.sealed.groups.intake import Intake
from wand.sealed.groups.messages import (
    FRAME_MAXIMUM,
    GroupPart,
    GroupReceipt,
    parse,
)
from wand.sealed.groups.originators import GroupMembers, Originators
from wand.sealed.groups.own_frames import OwnFrames
from wand.sealed.groups.passage import Carried, GroupPassage
from wand.sealed.groups.receipts import Receipts
from wand.table import Table

COUNTERS: Final = {
    "groups-sent": "broadcast and multicast frames of the host that were handed to a few members for all",
    "drop-groups-unwanted": "broadcast and multicast frames dropped, both ways: the network, or this node, wants none",
    "drop-groups-too-long": "broadcast and multicast frames of the host dropped: too long to be handed on",
    "drop-groups-malformed": "messages with frames to groups dropped: they cannot be read, or come from a server",
}


@attrs.frozen
class GroupSettings:
    """
    What the operator says.

    @ivar wanted: are there to be frames to groups at all?
    @ivar direct: to how many others, at most, they go directly.
    @ivar copies: how many copies a second are handed on for others.
    """

    wanted: bool = True
    direct: int = 64
    copies: int = 5000


class Groups:
    """
    The parts together.
    """

    def __init__(
        self,
        sealed: MemberContext,
        sessions: ISessions,
        members: GroupMembers,
        table: Table,
        context: Context,
        settings: GroupSettings,
    ) -> None:
        context.counters.declare(COUNTERS)
        participant = sealed.participant
        self._wishes = sealed.groups
        self._settings = settings
        self._search = sealed.search
        self._counters = context.counters
        self._circle = Circle(participant.identity)
        table.observe(self._circle)
        self._own = OwnFrames(participant, context.wallClock)
        self._originators = Originators(members, sealed, context.wallClock)
        self._receipts = Receipts(sessions.sendControl, context.clock)
        self._assembly = Assembly(context.clock)
        self._passage = GroupPassage(sealed, sessions, self._circle, self._originators, context, settings.copies)
        self._intake = Intake(participant, self._originators, self._passage, self._receipts, sessions.blame, context)
        self._stop = sealed.control.read(GROUP_NUMBERS, self._received, isLimited=False)
        sessions.onSession(self._session)
        participant.claims.entries.toldOnline = self._passage.heard

    def start(self, receiver: IFrameReceiver) -> None:
        """
        Hand the frames of others to C{receiver} from now on.
        """
        self._intake.receiver = receiver

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._stop()
        self._intake.receiver = None
        self._receipts.stop()
        self._passage.stop()

    @property
    def isWanted(self) -> bool:
        """
        Are there to be frames to groups at all?
        """
        return self._settings.wanted and self._wishes.areWanted

    @property
    def isTaking(self) -> bool:
        """
        Do frames of the host to groups go through us, and not to each peer directly?
        """
        return self._search.isPartial or len(self._circle) > self._settings.direct or not self.isWanted

    def mayArrive(self) -> bool:
        """
        May a frame to a group that came directly go to the host?
        """
        if self.isWanted:
            return True
        self._counters["drop-groups-unwanted"] += 1
        return False

    # Our own frames.

    def spread(self, frame: Frame) -> None:
        """
        Send a frame of the host to everybody.
        """
        if not self.mayArrive():
            return
        if len(frame) > FRAME_MAXIMUM:
            self._counters["drop-groups-too-long"] += 1
            return
        told = self._own.tell(frame)
        if told is not None:
            self._counters["groups-sent"] += 1
            self._passage.carry(Carried(self._originators.identity, told, self._originators.identity), WHOLE)

    # What comes.

    def _received(self, peer: bytes, member: Member, octets: bytes) -> None:
        message = None if member.isServer else parse(octets)
        if message is None:
            self._counters["drop-groups-malformed"] += 1
            return
        if not (isinstance(message, GroupReceipt) and not message.others):
            self._passage.heard(peer)
        if isinstance(message, GroupPart):
            self._partReceived(peer, message)
        elif isinstance(message, GroupReceipt):
            self._passage.confirmed(peer, message)
        else:
            self._intake.introduced(peer, message.certificate, message.claim)

    def _partReceived(self, peer: bytes, part: GroupPart) -> None:
        if not self.isWanted:
            self._counters["drop-groups-unwanted"] += 1
            self._receipts.add(peer, part.number, taken=False, others=False)
            return
        told = self._assembly.take(peer, part)
        if told is not None:
            self._intake.take(peer, part, told)

    def _session(self, peer: bytes, member: Member, up: bool) -> None:
        if not member.isServer:
            self._passage.session(peer, up)
