"""
What is done when others configure the tap: what a node can live with is adopted, everything is said.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from twisted.logger import Logger

from wand.errors import TapUnavailable
from wand.ethernet import MAC
from wand.host.changes import Link
from wand.interfaces import Context, IHostTap

#: The keys of the notes; there is one for each thing that was changed, and for each address that was removed.
DOWN = "tap-down"
CHANGED = "tap-changed-"
TAP_GONE = "tap-gone"
ADDRESS = "tap-address-"


class TapWatch:
    """
    Looks after the tap of a node.

    @ivar index: the number of its interface; 0 while that is not known.
    """

    _log = Logger()

    def __init__(
        self,
        tap: IHostTap,
        context: Context,
        addresses: Callable[[], Iterable[str]],
        adopted: Callable[[bool], object],
        wantsUp: bool,
    ) -> None:
        """
        @param addresses: gives the addresses that the host should have on it, with prefix lengths.
        @param adopted: called after the tap took something over; told whether that is another MAC address.
        @param wantsUp: should its link be up?
        """
        self.index = 0
        self._tap = tap
        self._name, self._mac, self._mtu = tap.interface, tap.mac, tap.mtu
        self._notes = context.notes
        self._events = context.events
        self._addresses = addresses
        self._adopted = adopted
        self._isUp = wantsUp
        self._missing: set[str] = set()

    def isOf(self, link: Link) -> bool:
        """
        Is an interface the tap's?
        """
        return link.index == self.index if self.index else link.name == self._tap.interface

    def seen(self, link: Link) -> None:
        """
        The interface was seen, perhaps changed.
        """
        self.index = link.index
        self._notes.clear(TAP_GONE)
        self._follow(link)
        if link.isUp != self._isUp:
            self._isUp = link.isUp
            self._turned()

    def expectMTU(self, mtu: int) -> None:
        """
        The interface gets another MTU, which nobody else has changed.
        """
        self._mtu = mtu
        self._notes.clear(CHANGED + "mtu")

    def gone(self) -> None:
        """
        The interface is gone.  If it was deleted the tap itself knows; it may also have been moved elsewhere.
        """
        self._notes.say(
            TAP_GONE,
            f"the interface {self._tap.interface} was deleted, or moved into another network namespace; "
            "what is changed there is not noticed",
            isHint=True,
        )
        self.index = 0

    def addressSeen(self, host: str) -> None:
        """
        An address is there.
        """
        self._missing.discard(host)
        self._notes.clear(ADDRESS + host)

    def addressGone(self, host: str) -> None:
        """
        An address was removed.
        """
        wanted = [each for each in self._addresses() if each.partition("/")[0] == host]
        if not wanted:
            return
        self._missing.add(host)
        self._events.publish("tap-address-removed", interface=self._tap.interface, address=wanted[0])
        self._notes.say(
            ADDRESS + host,
            f"somebody removed the address {wanted[0]} from {self._tap.interface}, and nobody reaches this host there; "
            f"ip address add {wanted[0]} dev {self._tap.interface} puts it back, as a restart does",
        )

    def _follow(self, link: Link) -> None:
        tap = self._tap
        mac = MAC(link.mac) if len(link.mac) == 6 and not link.mac[0] & 1 and any(link.mac) else tap.mac
        if (link.name, mac, link.mtu) == (tap.interface, tap.mac, tap.mtu):
            return
        isMAC = mac != tap.mac
        tap.adopt(link.name, mac, link.mtu)
        self._events.publish("tap-changed", interface=link.name, mac=str(mac), mtu=link.mtu)
        self._say("name", self._name, link.name)
        self._say("MAC address", str(self._mac), str(mac))
        self._say("MTU", str(self._mtu), str(link.mtu))
        self._adopted(isMAC)

    def _say(self, what: str, before: str, after: str) -> None:
        key = CHANGED + what.partition(" ")[0].lower()
        if before == after:
            self._notes.clear(key)
            return
        self._notes.say(
            key,
            f"somebody changed the {what} of this node's interface from {before} to {after}.  The node goes on with "
            "that until it is started again; what is to stay belongs in its configuration",
            isHint=True,
        )

    def _turned(self) -> None:
        name = self._tap.interface
        self._events.publish("tap-up" if self._isUp else "tap-down", interface=name)
        if not self._isUp:
            self._notes.say(
                DOWN, f"somebody set the interface {name} down, and no frame passes; ip link set {name} up ends that"
            )
            return
        self._notes.clear(DOWN)
        self._putBack()

    def _putBack(self) -> None:
        """
        A system takes the IPv6 addresses of a link that is set down, and nobody meant them.
        """
        for address in self._addresses():
            if address.partition("/")[0] in self._missing:
                try:
                    self._tap.addAddress(address)
                except TapUnavailable as error:
                    self._log.warn("{reason}", reason=str(error))
