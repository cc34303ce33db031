"""
The IP addresses that were heard behind members with the bridge right.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from twisted.internet.interfaces import IReactorTime

#: Seconds after it was heard last for which an address is remembered.
ADDRESS_MEMORY: Final = 3600.0

#: How many are remembered; beyond, the one that was silent for the longest is forgotten.
ADDRESSES_MAXIMUM: Final = 4096


class BridgedAddresses:
    """
    Remembers such addresses for a while.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._heard: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._heard)

    def heard(self, address: str) -> None:
        """
        A host behind a bridge speaks for an address.
        """
        self._heard[address] = self._clock.seconds()
        self._heard.move_to_end(address)
        if len(self._heard) > ADDRESSES_MAXIMUM:
            self._heard.popitem(last=False)

    def isKnown(self, address: str) -> bool:
        """
        Was it heard lately?
        """
        return self._clock.seconds() - self._heard.get(address, -ADDRESS_MEMORY) < ADDRESS_MEMORY
