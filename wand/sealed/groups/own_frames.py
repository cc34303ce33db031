"""
Our own frames to groups: numbered and signed.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.ethernet import Frame
from wand.interfaces.participant import Participant
from wand.sealed.credentials.signed import packed, signable
from wand.sealed.groups.messages import GroupFrame, ToldFrame


class OwnFrames:
    """
    Signs them.
    """

    def __init__(self, participant: Participant, wallClock: Callable[[], float]) -> None:
        """
        @param wallClock: gives the seconds since the epoch.
        """
        self._participant = participant
        self._wallClock = wallClock
        self._number = 0

    def tell(self, frame: Frame) -> bytes | None:
        """
        Say that a frame is ours.

        @return: the told frame; C{None} while we are no member.
        """
        identity = self._participant.identity
        own = self._participant.claims.announcement(identity)
        if own is None:
            return None
        now = self._wallClock()
        # The epoch is higher than every earlier one, whatever the clock said then and says now.
        self._number = max(self._number + 1, own.claim.epoch, int(now * 1e6))
        body = GroupFrame(own.certificate.network, identity, self._number, max(0, int(now)), bytes(frame))
        signature = self._participant.sign(signable(body))
        return packed(ToldFrame(body.identity, body.number, body.time, signature, body.frame))
