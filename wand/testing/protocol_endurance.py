"""
A part of the contract of peer protocols: what numbers count, after they began again.
"""

from __future__ import annotations

from typing import Final

from wand.testing import protocol_rules as rules
from wand.testing.protocol_ending import ProtocolEnding

#: How many frames are sent at once, and how many octets one has.
_BATCH: Final = 250
_SIZE: Final = 60


class ProtocolEndurance(ProtocolEnding):
    """
    More frames than sixteen bits count.

    @ivar endurance: how many frames pass between two nodes, one after the other.
    """

    endurance: int = 66_000

    def test_numbersBeginAgain(self) -> None:
        """
        Frames pass after more of them than sixteen bits count, in a second or in an hour.
        """
        one, other = self.pair()
        self.passes(one, other, [_SIZE])
        peer, frames = self.peerOf(one, other), [one.frameTo(other, _SIZE, number) for number in range(_BATCH)]
        wanted = set(frames)
        for sent in range(0, self.endurance, _BATCH):
            other.frames.clear()
            self.network.sent.clear()
            with self.keeping(rules.NEVER_RAISES, f"after {sent} frames sending"):
                for frame in frames:
                    one.transport.send(peer, frame)
                one.transport.flush()
            self.until(lambda: len(other.frames) >= _BATCH)
            came = len(wanted.intersection([frame for _, frame in other.frames]))
            self.expect(came == _BATCH, rules.LASTS, f"of the {_BATCH} frames after the first {sent} {came} came")
