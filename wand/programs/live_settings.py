"""
What of a node's configuration is taken over while it runs: the MTU and the addresses of its tap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from twisted.logger import Logger

from wand.errors import TapUnavailable
from wand.interfaces import IAdjustableTap, ITap
from wand.programs.reload_changes import waits

#: The attributes of the configuration that are taken over here.
LIVE: Final = ("mtu", "addresses")


class LiveSettings:
    """
    Changes the tap as the configuration says.
    """

    _log = Logger()

    def __init__(self, tap: ITap, resized: Callable[[int], object]) -> None:
        """
        @param resized: called with an MTU that the tap has now.
        """
        self._tap = tap
        self._resized = resized

    def setMTU(self, mtu: int) -> str:
        """
        Give the tap another MTU.

        @return: what became of it, as L{wand.control.program.Program.reload} has it.
        """
        before = self._tap.mtu
        try:
            self._adjustable().setMTU(mtu)
        except TapUnavailable as error:
            return waits("mtu", str(error))
        self._resized(mtu)
        return f"mtu: {mtu}, and it was {before}"

    def setAddresses(self, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
        """
        Give the tap other addresses.

        @return: what became of each, as L{wand.control.program.Program.reload} has it.
        """
        for address in before:
            if address not in after:
                yield self._done(lambda: self._adjustable().removeAddress, address, "removed")
        for address in after:
            if address not in before:
                yield self._done(lambda: self._tap.addAddress, address, "added")

    def _done(self, change: Callable[[], Callable[[str], object]], address: str, what: str) -> str:
        try:
            change()(address)
        except TapUnavailable as error:
            return waits("addresses", f"{address} is not {what}: {error}")
        return f"addresses: {address} {what}"

    def _adjustable(self) -> IAdjustableTap:
        tap = self._tap
        if not IAdjustableTap.providedBy(tap):
            raise TapUnavailable("its driver cannot change that while it runs")
        return tap
