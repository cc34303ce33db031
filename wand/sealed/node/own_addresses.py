"""
The overlay addresses of our certificate, on our tap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from twisted.logger import Logger

from wand.errors import TapUnavailable
from wand.health.notes import Notes
from wand.host.ipv6 import obstacleToIPv6
from wand.interfaces import IAdjustableTap, ITap
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.fields import withoutPrefix


class OwnAddresses:
    """
    Gives the tap the addresses that a new certificate brings, and takes those that it has no longer.
    """

    _log = Logger()

    def __init__(self, tap: ITap, notes: Notes, others: Callable[[], Sequence[str]] = lambda: ()) -> None:
        """
        @param others: gives the addresses that the host has on the tap besides, with their prefix lengths.
        """
        self._tap = tap
        self._notes = notes
        self._others = others

    def take(self, own: Certificate | None, before: Certificate | None) -> None:
        """
        Our certificate has changed.  C{None} stands for none, now or before.
        """
        now, had = own.addresses if own else (), before.addresses if before else ()
        gone = [each for each in had if own is not None and each not in now]
        for address in gone:
            self._remove(address)
        if gone:  # with the first address of an interface, Linux takes the others of its prefix
            self._addAll(self._others())
        self._addAll(each for each in now if gone or each not in had)

    def addLeftOut(self, own: Certificate | None, had: Sequence[str]) -> None:
        """
        Set the addresses of our certificate that the tap did not get when it was opened.
        """
        self._addAll(each for each in (own.addresses if own else ()) if each not in had)

    def _addAll(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            try:
                self._tap.addAddress(address)
            except TapUnavailable as error:
                self._say(address, error)
            else:
                self._notes.clear(f"address-{address}")

    def _say(self, address: str, error: TapUnavailable) -> None:
        obstacle = obstacleToIPv6(self._tap.interface, self._tap.mtu) if ":" in address else ""
        rest = f"this host does not have the overlay address {address}, and is not reached there; "
        self._notes.say(f"address-{address}", rest + obstacle if obstacle else str(error), isHint=bool(obstacle))
        self._log.error("{reason}", reason=str(error))

    def _remove(self, address: str) -> None:
        tap = self._tap
        self._notes.clear(f"address-{address}")
        try:
            if not IAdjustableTap.providedBy(tap):
                raise TapUnavailable("its driver takes no addresses away")
            tap.removeAddress(address)
        except TapUnavailable as error:
            self._notes.say(
                f"address-{address}",
                f"the network gave the address {withoutPrefix(address)} up for another, and {tap.interface} still has "
                f"it ({error}): ip address delete {address} dev {tap.interface}, or a restart of the host, ends that",
            )
            self._log.error("{reason}", reason=str(error))
