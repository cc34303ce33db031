"""
The real underlay: non-blocking UDP sockets in the reactor (udp(7), ip(7), ipv6(7)).

Twisted's own UDP port parses the destination of every datagram, copies each one, and raises when a queue is full, which
is an everyday event; so this reads the socket itself.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorFDSet

from wand.counters import Counters
from wand.endpoint import Endpoint, Heard
from wand.health.failures import Failures
from wand.underlay.offload import TrainSender, joinTrains
from wand.underlay.one_by_one import OneByOne
from wand.underlay.ports import DatagramReceiver, TrainReceiver
from wand.underlay.receiving import Receiving
from wand.underlay.sending import AnsweringPort, Sending
from wand.underlay.source import chosenSource, tellAddresses
from wand.underlay.udp_sockets import QUEUE_BYTES, bindSocket, neverFragment, queued, sizeQueues

COUNTERS: Final = {
    "udp-received-datagrams": "datagrams received",
    "udp-received-bytes": "octets in received datagrams",
    "udp-sent-datagrams": "datagrams sent",
    "udp-sent-bytes": "octets in sent datagrams",
    "udp-errors": "errors that the system reported on a UDP socket, such as a port unreachable",
    "drop-udp-full": "datagrams not sent: the socket's queue was full",
    "drop-udp-crowded": "answers to strangers not sent: too much of the socket's queue was taken",
    "drop-udp-too-long": "datagrams not sent: longer than UDP or the path allows",
    "udp-source-gone": "datagrams and trains that could not be sent from the address the peer used: the host lost it",
    "drop-udp-unreachable": "datagrams not sent: no route, or forbidden by a firewall",
}

#: How many of this host's addresses are remembered to answer from.
ANSWERERS_MAXIMUM: Final = 256


class UDPUnderlay:
    """
    Binds real UDP sockets.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        counters: Counters,
        failures: Failures,
        lost: Callable[[str], object],
        queue: int = QUEUE_BYTES,
    ) -> None:
        """
        @param failures: counts and logs receivers that raise.
        @param lost: called with the reason when a socket is gone for good, and nothing can be sent or received.
        @param queue: what the kernel may queue for each socket, in octets.
        """
        self._queue = queue
        self._reactor = reactor
        self._counters = counters
        self._failures = failures
        self._lost = lost
        counters.declare(COUNTERS)

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> UDPPort:
        """
        See L{wand.underlay.ports.Underlay.bind}.
        """
        takenApart = OneByOne(receiver, self._failures)
        bound = self._port(bindSocket(host, port), takenApart)
        takenApart.isOpen = lambda: bound.fileno() != -1
        return bound

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> UDPPort:
        """
        See L{wand.underlay.ports.Underlay.bindTrains}.
        """
        udp = bindSocket(host, port)
        if not mayFragment:
            neverFragment(udp)
        return self._port(udp, receiver)

    def _port(self, udp: socket.socket, receiver: TrainReceiver) -> UDPPort:
        return UDPPort(self._reactor, udp, receiver, self._counters, self._failures, self._lost, self._queue)


class UDPPort(Sending):
    """
    A bound socket, read by L{Receiving}.  When the socket itself is gone, it calls C{lost}.
    """

    def __init__(
        self,
        reactor: IReactorFDSet,
        udp: socket.socket,
        receiver: TrainReceiver,
        counters: Counters,
        failures: Failures,
        lost: Callable[[str], object],
        queue: int = QUEUE_BYTES,
    ) -> None:
        """
        @param failures: counts and logs a receiver that raises.
        @param lost: called with the reason when the socket is gone for good.
        @param queue: what the kernel may queue, in octets.
        """
        super().__init__(udp, counters, TrainSender(udp), self._break)
        self.endpoint = Endpoint(*udp.getsockname()[:2])
        self._reactor = reactor
        self._lost = lost
        self._reader = Receiving(udp, receiver, counters, failures, self._break)
        self._joins = joinTrains(udp) is None
        self._tells = tellAddresses(udp)
        self._answerers: dict[str, AnsweringPort] = {}
        self.notes = sizeQueues(udp, queue)
        self._queue = udp.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        reactor.addReader(self._reader)

    @property
    def features(self) -> tuple[str, ...]:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        return (
            "GSO" if self._trains.refusal is None else f"no GSO ({self._trains.refusal})",
            "GRO" if self._joins else "no GRO",
        )

    # HOT PATH

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        See L{wand.underlay.ports.DatagramPort.answerStranger}.
        """
        if queued(self._socket) > taken * self._queue:
            self._counters["drop-udp-crowded"] += 1
            return False
        return self.answering(destination).send(datagram, destination)

    def answering(self, sender: tuple[str, int]) -> Sending:
        """
        See L{wand.underlay.ports.DatagramPort.answering}.
        """
        if not self._tells or not isinstance(sender, Heard):
            return self
        answerer = self._answerers.get(sender.local)
        if answerer is None:
            if len(self._answerers) >= ANSWERERS_MAXIMUM:  # a whole prefix may be ours
                self._answerers.clear()
            answerer = AnsweringPort(self, self._socket, self._counters, self._trains, sender.local, self._break)
            self._answerers[sender.local] = answerer
        return answerer

    def towards(self, sender: tuple[str, int]) -> Sending:
        """
        See L{wand.underlay.ports.DatagramPort.towards}.
        """
        if not self._tells or not isinstance(sender, Heard) or chosenSource(sender) == sender.local:
            return self
        return self.answering(sender)

    # COLD PATH

    def close(self) -> None:
        """
        See L{wand.underlay.ports.DatagramPort.close}.
        """
        if self._socket.fileno() != -1:
            self._reactor.removeReader(self._reader)
            self._socket.close()

    def fileno(self) -> int:
        """
        The descriptor of the socket; -1 if it is closed.
        """
        return self._socket.fileno()

    def _break(self, reason: str) -> None:
        if self._socket.fileno() != -1:
            self.close()
            self._lost(f"the UDP port {self.endpoint} is gone: {reason}")
