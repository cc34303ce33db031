"""
The overlay addresses of our certificate, on our tap.
"""

from __future__ import annotations

from twisted.logger import Logger

from wand.errors import TapUnavailable
from wand.health.notes import Notes
from wand.interfaces import ITap
from wand.sealed.credentials.certificate import Certificate


class OwnAddresses:
    """
    Gives the tap the addresses that a new certificate brings.
    """

    _log = Logger()

    def __init__(self, tap: ITap, notes: Notes) -> None:
        self._tap = tap
        self._notes = notes

    def take(self, own: Certificate | None, before: Certificate | None) -> None:
        """
        Our certificate has changed.  C{None} stands for none, now or before.
        """
        for address in own.addresses if own else ():
            if before is None or address not in before.addresses:
                self._add(address)

    def _add(self, address: str) -> None:
        try:
            self._tap.addAddress(address)
        except TapUnavailable as error:
            self._notes.say(f"address-{address}", str(error))
            self._log.error("{reason}", reason=str(error))
