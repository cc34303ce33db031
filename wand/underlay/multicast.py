"""
Real links: what is sent to everybody is multicast (RFC 1112, RFC 4291), at groups that no router passes on.

There are two sockets for each family: one, which programs on this host share, hears the questions; the other sends, and
hears the answers.
"""

from __future__ import annotations

import socket
from struct import Struct
from typing import Final

from twisted.internet.interfaces import IReactorFDSet

from wand.counters import Counters
from wand.health.failures import Failures
from wand.underlay.links import LINK_PORT, LinkReceiver
from wand.underlay.socket_reader import SocketReader

#: The groups: of those that a site gives itself (RFC 2365, section 6.1), and of one link, not assigned by the IANA
#: (RFC 4291, section 2.7).
GROUP: Final = "239.255.119.100"
GROUP6: Final = "ff12::7761:6e64"

COUNTERS: Final = {
    "link-sent": "datagrams sent to the hosts on our links",
    "link-received": "datagrams received from the hosts on our links",
    "drop-link-unsent": "datagrams to the hosts on our links that the system did not send",
}

#: How many datagrams one turn of the reactor reads, and the octets of the longest.
BATCH: Final = 32
LONGEST: Final = 2048

# Linux (in.h, in6.h): hear only the groups that this socket joined; and struct ip_mreqn, ipv6_mreq, in_pktinfo and
# in6_pktinfo.
_IP_MULTICAST_ALL, _IPV6_MULTICAST_ALL = 49, 29
_IP_PKTINFO, _IPV6_PKTINFO = 8, 50
_MREQ: Final = Struct("=4s4si")
_MREQ6: Final = Struct("=16si")
_INFO: Final = Struct("=i4s4s")
_INFO6: Final = Struct("=16si")


class MulticastLinks:
    """
    The links of this host: L{wand.underlay.links.Links}.
    """

    def __init__(self, reactor: IReactorFDSet, counters: Counters, failures: Failures, port: int = LINK_PORT) -> None:
        """
        @param failures: counts and logs a receiver that raises.
        """
        counters.declare(COUNTERS)
        self._reactor = reactor
        self._counters = counters
        self._failures = failures
        self._port = port

    def open(self, receiver: LinkReceiver) -> MulticastPort | None:
        """
        See L{wand.underlay.links.Links}.
        """
        families = []
        for family in (socket.AF_INET, socket.AF_INET6):
            try:
                families.append(_Family(family, self._port))
            except OSError:  # no such family here, or not Linux
                continue
        return MulticastPort(self._reactor, self._counters, self._failures, receiver, families) if families else None


class MulticastPort:
    """
    Speaks to our links: L{wand.underlay.links.LinkPort}.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        counters: Counters,
        failures: Failures,
        receiver: LinkReceiver,
        families: list[_Family],
    ) -> None:
        self._counters = counters
        self._families = {each.isIPv6: each for each in families}
        self._joined: set[tuple[int, bool]] = set()
        sockets = [each for family in families for each in (family.hearing, family.sending)]
        self._readers = [_Reader(reactor, each, counters, failures, receiver) for each in sockets]

    def join(self, link: int, source: str) -> bool:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        key = link, ":" in source
        family = self._families.get(key[1])
        if family is not None and key not in self._joined and family.join(link):
            self._joined.add(key)
        return key in self._joined

    def leave(self, link: int, source: str) -> None:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        key = link, ":" in source
        if key in self._joined:
            self._joined.discard(key)
            self._families[key[1]].leave(link)

    def ask(self, datagram: bytes, link: int, source: str) -> bool:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        family = self._families.get(":" in source)
        return self._count(family is not None and family.ask(datagram, link, source))

    def answer(self, datagram: bytes, sender: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        family = self._families.get(":" in sender[0])
        return self._count(family is not None and family.answer(datagram, sender))

    def close(self) -> None:
        """
        See L{wand.underlay.links.LinkPort}.
        """
        for reader in self._readers:
            reader.close()
        self._families.clear()
        self._joined.clear()

    def _count(self, isSent: bool) -> bool:
        self._counters["link-sent" if isSent else "drop-link-unsent"] += 1
        return isSent


class _Family:
    """
    The sockets of one family.
    """

    def __init__(self, family: socket.AddressFamily, port: int) -> None:
        self.isIPv6 = family == socket.AF_INET6
        self._group = (GROUP6 if self.isIPv6 else GROUP), port
        self._octets = socket.inet_pton(family, self._group[0])
        self.hearing, self.sending = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family, socket.SOCK_DGRAM)
        try:
            self._prepare(port)
        except BaseException:
            self.hearing.close()
            self.sending.close()
            raise

    def _prepare(self, port: int) -> None:
        for each in (self.hearing, self.sending):
            each.setblocking(False)
            if self.isIPv6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        self.hearing.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.isIPv6:
            self.hearing.setsockopt(socket.IPPROTO_IPV6, _IPV6_MULTICAST_ALL, 0)
            self.sending.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 1)
            self.sending.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 1)
        else:
            self.hearing.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
            self.sending.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
            self.sending.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
        self.hearing.bind(("::" if self.isIPv6 else self._group[0], port))
        self.sending.bind(("::" if self.isIPv6 else "0.0.0.0", 0))

    def join(self, link: int) -> bool:
        return self._member(link, socket.IPV6_JOIN_GROUP, socket.IP_ADD_MEMBERSHIP)

    def leave(self, link: int) -> bool:
        return self._member(link, socket.IPV6_LEAVE_GROUP, socket.IP_DROP_MEMBERSHIP)

    def _member(self, link: int, option6: int, option: int) -> bool:
        try:
            if self.isIPv6:
                self.hearing.setsockopt(socket.IPPROTO_IPV6, option6, _MREQ6.pack(self._octets, link))
            else:
                self.hearing.setsockopt(socket.IPPROTO_IP, option, _MREQ.pack(self._octets, bytes(4), link))
        except OSError:  # the link is gone, or has no multicast
            return False
        return True

    def ask(self, datagram: bytes, link: int, source: str) -> bool:
        if self.isIPv6:
            info = _INFO6.pack(socket.inet_pton(socket.AF_INET6, source), link)
            ancillary = (socket.IPPROTO_IPV6, _IPV6_PKTINFO, info)
        else:
            ancillary = (socket.IPPROTO_IP, _IP_PKTINFO, _INFO.pack(link, socket.inet_aton(source), bytes(4)))
        try:
            self.sending.sendmsg([datagram], [ancillary], 0, self._group)
        except OSError:
            return False
        return True

    def answer(self, datagram: bytes, sender: tuple[str, int]) -> bool:
        try:
            self.sending.sendto(datagram, sender)
        except OSError:
            return False
        return True


class _Reader(SocketReader):
    """
    Reads a socket.
    """

    name = "links"

    def __init__(
        self,
        reactor: IReactorFDSet,
        udp: socket.socket,
        counters: Counters,
        failures: Failures,
        receiver: LinkReceiver,
    ) -> None:
        self._counters = counters
        self._failures = failures
        self._receiver = receiver
        super().__init__(reactor, udp)

    def doRead(self) -> None:
        """
        Hand over what came, a bounded number of datagrams.
        """
        for _ in range(BATCH):
            try:
                datagram, sender = self._socket.recvfrom(LONGEST)
            except OSError:  # there is no more; or an ICMP error, which anybody may have caused
                return
            self._counters["link-received"] += 1
            try:
                self._receiver.heard(datagram, sender[:2])
            except Exception:
                self._failures.caught("datagram of a link", plugin=self._receiver)
