"""
Announcements of ourselves on the overlay after our tap got another MAC address: what a host's own kernel does only if
it is told to (arp_notify), and then before anybody takes frames from the new address.  Without it others would send to
the old one until their caches expire.

"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from ipaddress import IPv4Address, IPv4Interface, ip_interface
from struct import pack
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from wand.ethernet import BROADCAST, MAC
from wand.superframes.checksum import onesSum

#: Seconds after the change: a server has to certify the address first, and everybody to hear of it.
ANNOUNCED_AFTER: Final = (1.0, 3.0, 8.0)

_ALL_NODES: Final = bytes.fromhex("ff02" + "00" * 13 + "01")
_ICMP: Final = 58
_ADVERTISEMENT: Final = 136
_OVERRIDE: Final = 0x2000_0000


class GratuitousAnnouncements:
    """
    Announces our addresses a few times.
    """

    def __init__(
        self, clock: IReactorTime, frames: Callable[[], Iterable[bytes]], send: Callable[[bytes], object]
    ) -> None:
        """
        @param frames: gives what to send, when it is time.
        @param send: sends a frame to everybody.
        """
        self._clock = clock
        self._frames = frames
        self._send = send
        self._timers: list[IDelayedCall] = []

    def begin(self) -> None:
        """
        Our MAC address is another.
        """
        self.stop()
        self._timers = [self._clock.callLater(seconds, self._announce) for seconds in ANNOUNCED_AFTER]

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        for timer in self._timers:
            if timer.active():
                timer.cancel()
        self._timers.clear()

    def _announce(self) -> None:
        for frame in self._frames():
            self._send(frame)


def announcementsOf(mac: MAC, addresses: Iterable[str]) -> Iterator[bytes]:
    """
    Frames that tell everybody which MAC address our IP addresses have: gratuitous ARP (RFC 5227), unsolicited neighbour
    advertisements (RFC 4861, section 7.2.6).

    @param addresses: with their prefix lengths.
    """
    for text in addresses:
        interface = ip_interface(text)
        if isinstance(interface, IPv4Interface):
            yield _arp(mac, interface.ip)
        else:
            yield _advertisement(mac, interface.ip.packed)


def _arp(mac: MAC, address: IPv4Address) -> bytes:
    body = pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + address.packed + bytes(6) + address.packed
    return BROADCAST + mac + b"\x08\x06" + body


def _advertisement(mac: MAC, address: bytes) -> bytes:
    said = pack("!BBHI", _ADVERTISEMENT, 0, 0, _OVERRIDE) + address + b"\2\1" + mac
    rest = onesSum(address + _ALL_NODES + pack("!II", len(said), _ICMP) + said)
    said = said[:2] + pack("!H", ~rest & 0xFFFF) + said[4:]
    header = pack("!IHBB", 0x6000_0000, len(said), _ICMP, 255) + address + _ALL_NODES
    return b"\x33\x33\0\0\0\1" + mac + b"\x86\xdd" + header + said
