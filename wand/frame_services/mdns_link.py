"""
A real link on which mDNS is spoken: a socket beside those of other programs of this host, such as avahi's (ip(7)).

Bound to the group, it gets what is for everybody and takes nothing away from them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from struct import Struct
from typing import Final

from twisted.internet.interfaces import IReactorFDSet

from wand.frame_services.mdns_packets import GROUP, PORT, REFLECTED, Packet
from wand.underlay.socket_reader import SocketReader

#: How many packets one turn of the reactor reads, and the octets of the longest (RFC 6762, section 17).
BATCH: Final = 32
_SIZE: Final = 9000

# Linux (in.h): hear only the groups that this socket joined, and tell the hop limit; and struct ip_mreqn.
_IP_MULTICAST_ALL: Final = 49
_IP_RECVTTL: Final = 12
_MREQ: Final = Struct("=4s4si")
_TTL: Final = Struct("=i")
_HOPS: Final = (socket.IPPROTO_IP, socket.IP_TTL)

#: Is handed the address that a packet came from, and the packet.
Hearer = Callable[[str, Packet], object]


class MDNSLink(SocketReader):
    """
    Hears and sends on one interface, by IPv4.
    """

    name = "mdns"

    def __init__(self, reactor: IReactorFDSet, index: int, heard: Hearer) -> None:
        """
        @param index: the number of the interface.
        @param heard: called with what comes, for which nobody vouches; it raises nothing.
        @raise OSError: if the system does not let us.
        """
        self._heard = heard
        super().__init__(reactor, _opened(_MREQ.pack(socket.inet_aton(GROUP), bytes(4), index)))

    def send(self, payload: bytes) -> bool:
        """
        Send a packet to everybody on the link, but not to this host.

        @return: whether the system took it.
        """
        try:
            self._socket.sendto(payload, (GROUP, PORT))
        except OSError:  # closed, too
            return False
        return True

    def doRead(self) -> None:
        """
        Hand over what came, a bounded number of packets.
        """
        for _ in range(BATCH):
            try:
                payload, ancillary, _, sender = self._socket.recvmsg(_SIZE, socket.CMSG_SPACE(_TTL.size))
            except OSError:  # there is no more; or the interface went down, which the kernel tells otherwise, too
                return
            hops = [_TTL.unpack(octets)[0] for level, kind, octets in ancillary if (level, kind) == _HOPS]
            self._heard(sender[0], Packet(hops[0] if hops else REFLECTED, sender[1], payload))


def _opened(membership: bytes) -> socket.socket:
    udp, ip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK), socket.IPPROTO_IP
    try:
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        udp.setsockopt(ip, _IP_MULTICAST_ALL, 0)
        udp.setsockopt(ip, _IP_RECVTTL, 1)
        udp.setsockopt(ip, socket.IP_MULTICAST_LOOP, 0)
        udp.setsockopt(ip, socket.IP_MULTICAST_TTL, REFLECTED)
        udp.setsockopt(ip, socket.IP_MULTICAST_IF, membership)
        udp.bind((GROUP, PORT))
        udp.setsockopt(ip, socket.IP_ADD_MEMBERSHIP, membership)
    except BaseException:
        udp.close()
        raise
    return udp
