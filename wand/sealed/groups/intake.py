"""
The intake: which frames of others are taken.  What a member hands on is the originator's word, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from wand.interfaces import Context, IFrameReceiver
from wand.interfaces.participant import Participant
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.signed import isSignature
from wand.sealed.groups.circle import WHOLE, distance
from wand.sealed.groups.messages import GroupFrame, GroupPart, ToldFrame, parseTold
from wand.sealed.groups.originators import Originators
from wand.sealed.groups.passage import Carried, GroupPassage
from wand.sealed.groups.receipts import Receipts
from wand.sealed.groups.recent import RecentFrames

#: By how many seconds an originator's clock and ours may differ.
SKEW_MAXIMUM: Final = 7200.0

#: Of how many originators frames have to come that are too old or too new, and none that is not, until we doubt our own
#: clock; and for how many seconds after the last of them that is said.
DOUBTS: Final = 3
CLOCK_LIFETIME: Final = 600.0
CLOCK: Final = (
    "broadcast and multicast frames of several members are dropped: by the clock of this host they are more than two "
    "hours old, or of the future; set the clock (timedatectl)"
)

#: How often at most an originator is reported as heard, in seconds.
HEARD_INTERVAL: Final = 30.0

COUNTERS: Final = {
    "groups-received": "broadcast and multicast frames that other members handed to us, and that were new",
    "groups-repeated": "broadcast and multicast frames that came once more over others",
    "groups-unknown": "frames to groups of an originator that we do not know yet; they come again with its certificate",
    "drop-groups-refused": "frames to groups dropped: the certificate of their originator is not valid for us",
    "drop-groups-forged": "frames to groups, and certificates that came with them, dropped: they were made up",
    "drop-groups-old": "frames to groups dropped: replays, or the clocks differ by more than two hours",
    "drop-groups-spoofed": "frames to groups dropped: their originator may not use the source address",
    "drop-groups-flood": "frames to groups dropped: their originator sent too many",
}


class Intake:
    """
    Checks frames, and gives them to the host and to the passage.

    @ivar receiver: takes the frames; C{None} while nobody does.
    """

    def __init__(
        self,
        participant: Participant,
        originators: Originators,
        passage: GroupPassage,
        receipts: Receipts,
        blame: Callable[[bytes, str], object],
        context: Context,
    ) -> None:
        """
        @param blame: called with a member that handed on what no honest one does, and a word for it.
        """
        context.counters.declare(COUNTERS)
        self.receiver: IFrameReceiver | None = None
        self._participant = participant
        self._originators = originators
        self._passage = passage
        self._receipts = receipts
        self._blame = blame
        self._counters = context.counters
        self._seconds = context.clock.seconds
        self._wallClock = context.wallClock
        self._recent = RecentFrames(context.clock)
        self._notes = context.notes
        self._untimely: set[bytes] = set()

    def introduced(self, peer: bytes, certificate: bytes, claim: bytes) -> None:
        """
        A member says who the originator of frames is that follow.
        """
        if not self._originators.isNews(certificate, claim) or not self._passage.mayIntroduce(peer):
            return
        if not self._originators.introduced(peer, certificate, claim):
            self._forged(peer)

    def take(self, peer: bytes, part: GroupPart, octets: bytes) -> None:
        """
        Take a told frame that may be anything.

        @param peer: who handed it to us.
        @param part: its last part.
        """
        told = parseTold(octets)
        if told is None:
            self._counters["drop-groups-malformed"] += 1
            self._blame(peer, "groups")
            return
        own, identity = self._originators.identity, told.identity
        reach = self._recent.reach(identity, told.number)
        wanted, taken = distance(own, part.limit), True
        if identity == own or (reach is not None and wanted <= reach):
            self._counters["groups-repeated"] += 1
        elif reach is None and self._recent.isOld(identity, told.number):
            self._counters["drop-groups-old"] += 1
        elif self._originators.known(identity) is None:
            if not self._originators.isRefused(peer, identity):
                self._counters["groups-unknown"] += 1
                return  # whoever handed it to us does so again
            self._counters["drop-groups-refused"] += 1
            taken = False
        elif reach is None and self._originators.isFlooding(identity, self._seconds()):
            self._counters["drop-groups-flood"] += 1
        elif not self._passage.mayCheck(peer):
            taken = False
        elif not self._isGenuine(peer, told):
            return
        else:
            taken = self._isTimely(told) and self._accept(peer, told, octets, wanted, reach)
        self._receipts.add(peer, part.number, taken=taken)

    def _accept(self, peer: bytes, told: ToldFrame, octets: bytes, wanted: int, reach: int | None) -> bool:
        """
        @param wanted: how far we are to see to it.
        @param reach: how far we did already; C{None} if it is new.
        @return: do we see to it?  What is only our own opinion keeps a frame from nobody else.
        """
        identity, number, before = told.identity, told.number, reach or 0
        if reach is not None:
            self._counters["groups-repeated"] += 1
        elif not self._originators.mayUse(identity, told.frame[6:12]):
            self._counters["drop-groups-spoofed"] += 1
            return False
        elif not self._deliver(told):
            self._recent.add(identity, number, WHOLE)  # so nobody can have it handed on by coming again
            return True
        self._recent.add(identity, number, wanted)
        # What was not handed on is not seen to: the same frame may come again, and is handed on then.
        refused = partial(self._recent.add, identity, number, before)
        self._passage.carry(Carried(identity, octets, peer), wanted, before, refused)
        return self._recent.reach(identity, number) == wanted

    def _deliver(self, told: ToldFrame) -> bool:
        """
        Give a frame to the host.

        @return: may it be handed on?
        """
        identity, frame, now = Identity(told.identity), told.frame, self._seconds()
        if not frame[0] & 1:
            self._counters["drop-groups-spoofed"] += 1
            return False
        if not self._originators.mayFlood(identity, now):
            self._counters["drop-groups-flood"] += 1
            return False
        self._originators.heard(identity)
        self._counters["groups-received"] += 1
        if self.receiver is not None:
            if self._originators.isSilent(identity, now, HEARD_INTERVAL):
                self.receiver.peerHeard(identity)
            self.receiver.frameReceived(identity, frame)
        return True

    def _isTimely(self, told: ToldFrame) -> bool:
        if abs(self._wallClock() - told.time) <= SKEW_MAXIMUM:
            if self._untimely:
                self._untimely.clear()
                self._notes.clear("groups-clock")
            return True
        self._counters["drop-groups-old"] += 1
        if len(self._untimely) < DOUBTS:
            self._untimely.add(told.identity)
        if len(self._untimely) >= DOUBTS:
            self._notes.say("groups-clock", CLOCK, isHint=True, lifetime=CLOCK_LIFETIME)
        return False

    def _isGenuine(self, peer: bytes, told: ToldFrame) -> bool:
        known = self._originators.known(told.identity)
        network = b"" if known is None else known.certificate.network
        body = GroupFrame(network, told.identity, told.number, told.time, told.frame)
        if isSignature(told.signature, body, told.identity):
            return True
        self._forged(peer)
        return False

    def _forged(self, peer: bytes) -> None:
        self._counters["drop-groups-forged"] += 1
        self._passage.forged(peer)
        self._blame(peer, "groups")
