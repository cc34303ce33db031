"""
What changes on a host with Linux: its kernel tells it through a netlink socket, which needs no privileges.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IDelayedCall, IReactorFDSet, IReactorTime, IReadDescriptor
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.health.failures import Failures
from wand.host.changes import HostListener
from wand.host.messages import (
    ADDRESS_GONE,
    ADDRESS_SEEN,
    GET_ADDRESSES,
    GET_LINKS,
    GROUPS,
    LINK_GONE,
    LINK_SEEN,
    ROUTE_GONE,
    ROUTE_SEEN,
    addressOf,
    linkOf,
    request,
    routeOf,
)
from wand.host.rtnetlink import DONE, ERROR, messagesOf

#: Octets of the longest datagram that the kernel sends, and how many of them one wake-up reads at most.
_DATAGRAM: Final = 65_536
_BATCH: Final = 8

#: Seconds until a socket that broke is replaced, and until everything is asked after some of it was lost.
_PAUSE: Final = 1.0

#: What keeps a socket from being made for a while.
_PASSING: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class NetlinkChanges:
    """
    A L{wand.host.changes.HostChanges}.  Where there is no netlink it says so once, and tells nothing.
    """

    def __init__(self, clock: IReactorTime, descriptors: IReactorFDSet, failures: Failures) -> None:
        """
        @param failures: what counts and logs a listener that raises.
        """
        self._clock = clock
        self._descriptors = descriptors
        self._failures = failures

    def watch(self, listener: HostListener) -> Callable[[], None]:
        """
        See L{wand.host.changes.HostChanges}.
        """
        return _Watch(self._clock, self._descriptors, self._failures, listener).stop


@implementer(IReadDescriptor)
class _Watch:
    """
    One socket, and one who listens.
    """

    _log = Logger()

    def __init__(
        self, clock: IReactorTime, descriptors: IReactorFDSet, failures: Failures, listener: HostListener
    ) -> None:
        self._clock = clock
        self._descriptors = descriptors
        self._failures = failures
        self._listener = listener
        self._socket: socket.socket | None = None
        self._wanted: list[int] = []
        self._sequence = 0
        self._timer: IDelayedCall | None = None
        self._open()

    def stop(self) -> None:
        """
        Tell nothing more.
        """
        self._cancel()
        self._close()

    def _open(self) -> None:
        self._timer = None
        try:
            self._socket = socket.socket(
                socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE
            )
            self._socket.bind((0, GROUPS))
        except OSError as error:
            self._log.info("changes of this host are not noticed: no netlink here ({why})", why=error.strerror)
            if self._socket is not None:
                self._socket.close()
                self._socket = None
            if error.errno in _PASSING:
                self._later(self._open)
            return
        self._descriptors.addReader(self)
        self._askAll()

    def _close(self) -> None:
        opened, self._socket = self._socket, None
        if opened is not None:
            self._descriptors.removeReader(self)
            opened.close()

    def _later(self, call: Callable[[], None]) -> None:
        self._cancel()
        self._timer = self._clock.callLater(_PAUSE, call)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Asking for everything, one kind after the other: the kernel answers one such question at a time.

    def _askAll(self) -> None:
        self._timer = None
        self._wanted = [GET_LINKS, GET_ADDRESSES]
        self._ask()

    def _ask(self) -> None:
        self._sequence += 1
        try:
            if self._socket is not None:
                self._socket.sendto(request(self._wanted[0], self._sequence), (0, 0))
        except OSError:
            self._later(self._askAll)

    def _answered(self) -> None:
        if self._timer is None and self._wanted:  # else everything will be asked for again
            self._wanted.pop(0)
            if self._wanted:
                self._ask()
            else:
                self._listener.settled()

    # Reading.

    def doRead(self) -> None:
        """
        See L{IReadDescriptor}.
        """
        for _ in range(_BATCH):
            if self._socket is None:
                return
            try:
                datagram, (sender, _) = self._socket.recvfrom(_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                self._lost() if error.errno == errno.ENOBUFS else self._broken()
                return
            if not sender:  # the kernel's own
                for kind, body in messagesOf(datagram):
                    self._received(kind, body)

    def _lost(self) -> None:
        """
        More happened than the queue of the socket holds.  While it goes on like that nothing is asked.
        """
        self._listener.lost()
        self._later(self._askAll)

    def _broken(self) -> None:
        if self._socket is not None:
            self._close()
            self._listener.lost()
            self._later(self._open)

    def _received(self, kind: int, body: bytes) -> None:
        try:
            self._tell(kind, body, self._listener)
        except Exception:
            self._failures.caught("change of the host")

    def _tell(self, kind: int, body: bytes, listener: HostListener) -> None:
        if kind in (DONE, ERROR):
            self._answered()
        elif kind in (LINK_SEEN, LINK_GONE):
            link = linkOf(body)
            if link is not None:
                listener.linkSeen(link) if kind == LINK_SEEN else listener.linkGone(link.index)
        elif kind in (ADDRESS_SEEN, ADDRESS_GONE):
            address = addressOf(body)
            if address is not None:
                listener.addressSeen(address) if kind == ADDRESS_SEEN else listener.addressGone(address)
        elif kind in (ROUTE_SEEN, ROUTE_GONE):
            interface = routeOf(body)
            if interface is not None:
                listener.routeChanged(interface)

    def fileno(self) -> int:
        """
        See L{IReadDescriptor}.
        """
        return -1 if self._socket is None else self._socket.fileno()

    def connectionLost(self, reason: Failure) -> None:
        """
        See L{IReadDescriptor}: the reactor found it broken; it is replaced.
        """
        self._broken()

    def logPrefix(self) -> str:
        """
        See L{IReadDescriptor}.
        """
        return "netlink"
