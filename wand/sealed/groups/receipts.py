"""
Receipts: what came is confirmed, as much as there is at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.sealed.groups.messages import RECEIPTS_MAXIMUM, GroupReceipt, pack

#: Seconds that a receipt waits for others.
DELAY: Final = 0.02


class Receipts:
    """
    Collects receipts and sends them.
    """

    def __init__(self, send: Callable[[bytes, bytes], object], clock: IReactorTime) -> None:
        """
        @param send: sends a control message to a member.
        """
        self._send = send
        self._clock = clock
        self._waiting: dict[tuple[bytes, bool, bool], list[int]] = {}
        self._call: IDelayedCall | None = None

    def add(self, peer: bytes, number: int, *, taken: bool = True, others: bool = True) -> None:
        """
        Confirm a message of a member; see L{GroupReceipt}.
        """
        numbers = self._waiting.setdefault((peer, taken, others), [])
        numbers.append(number)
        if len(numbers) >= RECEIPTS_MAXIMUM:
            del self._waiting[peer, taken, others]
            self._send(peer, pack(GroupReceipt(tuple(numbers), taken, others)))
        elif self._call is None:
            self._call = self._clock.callLater(DELAY, self._sendAll)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._waiting.clear()
        if self._call is not None:
            self._call.cancel()
            self._call = None

    def _sendAll(self) -> None:
        self._call = None
        waiting, self._waiting = self._waiting, {}
        for (peer, taken, others), numbers in waiting.items():
            self._send(peer, pack(GroupReceipt(tuple(numbers), taken, others)))
