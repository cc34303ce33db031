"""
UDP sockets: bound, with queues that hold a burst (udp(7), ip(7), ipv6(7), socket(7)).
"""

from __future__ import annotations

import errno
import fcntl
import socket
import sys
import termios
from typing import Final

from wand.endpoint import Endpoint
from wand.errors import PortUnavailable

#: What the kernel may queue for us (it takes twice as much, for its own structures).  A burst of big frames must fit,
#: or some are lost; but a long queue delays everything behind it.  Beside TCP a ping took 1.3 ms (median) with 384 KiB,
#: 1.0 with 256 and 0.9 with 192, and TCP got 3.0, 3.1 and 2.7 Gbit/s.
QUEUE_BYTES: Final = 256 << 10

#: The same for a directory server.  Hundreds of members may come back in the same moment, each with a datagram that the
#: kernel counts as 2 KiB, and no frame of a user waits behind them.  It is read within a moment: what takes long waits
#: elsewhere (L{wand.sealed.sessions.waiting_initiations}).
SERVER_QUEUE_BYTES: Final = 4 << 20

# Linux (in.h, in6.h): set "do not fragment", and neither trust nor wait for what ICMP says about the path's MTU.
_IP_MTU_DISCOVER: Final = 10
_IPV6_MTU_DISCOVER: Final = 23
_PMTUDISC_PROBE: Final = 3


def bindSocket(host: str, port: int) -> socket.socket:
    """
    Bind a UDP socket that does not wait.

    @raise PortUnavailable: with the reason and what to do.
    """
    udp = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        udp.setblocking(False)
        if udp.family == socket.AF_INET6:  # another socket has IPv4 on the same port, whatever the system's default
            udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        udp.bind((host, port))
    except (OSError, OverflowError) as error:
        udp.close()
        raise PortUnavailable(f"UDP port {Endpoint(host, port)} cannot be bound: {_advice(error)}") from error
    return udp


def sizeQueues(udp: socket.socket, queue: int) -> tuple[str, ...]:
    """
    Ask for queues that hold a burst.

    @param queue: how many octets they are to hold.
    @return: what an operator could do if they are too small.
    """
    capped = []
    for force, ordinary, limit in ((33, socket.SO_RCVBUF, "rmem"), (32, socket.SO_SNDBUF, "wmem")):  # SO_...BUFFORCE
        try:
            udp.setsockopt(socket.SOL_SOCKET, force, queue)
        except OSError:  # not privileged, or not Linux: as much as the system allows
            udp.setsockopt(socket.SOL_SOCKET, ordinary, queue)
        if udp.getsockopt(socket.SOL_SOCKET, ordinary) < queue:
            capped.append(f"net.core.{limit}_max={queue}")
    if not capped:
        return ()
    return (f"the system's limits make the UDP queues small, and bursts are lost: sysctl -w {' '.join(capped)}",)


def queued(udp: socket.socket) -> int:
    """
    Octets that wait to be sent, counted like the queue's limit (udp(7), C{SIOCOUTQ}); 0 if the system does not say.
    """
    try:
        return int.from_bytes(fcntl.ioctl(udp, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:  # not Linux, or closed
        return 0


def neverFragment(udp: socket.socket) -> None:
    """
    Have IP send datagrams whole or not at all.
    """
    level, option = (socket.IPPROTO_IP, _IP_MTU_DISCOVER)
    if udp.family == socket.AF_INET6:
        level, option = (socket.IPPROTO_IPV6, _IPV6_MTU_DISCOVER)
    try:
        udp.setsockopt(level, option, _PMTUDISC_PROBE)
    except OSError:  # not Linux
        return


def _advice(error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return "a port is a number between 0 and 65535"
    if error.errno == errno.EADDRINUSE:
        return "another program has it; stop that one or choose another port"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this host has no such address; 0.0.0.0 listens on all"
    if error.errno == errno.EACCES:
        return "ports below 1024 need root"
    return error.strerror or str(error)
