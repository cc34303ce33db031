"""
Takes trains apart, for a receiver that takes single datagrams.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.health.failures import Failures
from wand.underlay.ports import DatagramReceiver
from wand.underlay.slots import Slots


class OneByOne:
    """
    Takes trains apart.

    @ivar isOpen: is the port still open?  The receiver may close it at any datagram.
    """

    def __init__(self, receiver: DatagramReceiver, failures: Failures) -> None:
        self.isOpen: Callable[[], bool] = lambda: True
        self._receiver = receiver
        self._failures = failures
        self.datagramReceived = receiver.datagramReceived
        self.batchReceived = receiver.batchReceived

    def trainReceived(
        self, slots: Slots, first: int, count: int, size: int, last: int, sender: tuple[str, int]
    ) -> None:
        """
        See L{wand.underlay.ports.TrainReceiver.trainReceived}.
        """
        for datagram in slots.datagrams(first, count, size, last):
            if not self.isOpen():
                break
            try:
                self._receiver.datagramReceived(datagram, sender)
            except Exception:
                self._failures.caught("datagram", plugin=self._receiver)
