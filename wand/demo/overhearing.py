"""
An underlay whose datagrams somebody else hears too, for where nobody may listen on the real network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from wand.ethernet import Frame
from wand.underlay.ports import DatagramPort, DatagramReceiver, DatagramSender, TrainReceiver, Underlay


class OverheardUnderlay:
    """
    A L{wand.underlay.ports.Underlay}.
    """

    def __init__(self, underlay: Underlay, heard: Callable[[bytes], object]) -> None:
        """
        @param heard: called with every datagram that is sent.
        """
        self._underlay = underlay
        self._heard = heard

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> DatagramPort:
        """
        See L{wand.underlay.ports.Underlay}.
        """
        return OverheardPort(self._underlay.bind(host, port, receiver), self._heard)

    def bindTrains(self, host: str, port: int, receiver: TrainReceiver, *, mayFragment: bool = False) -> DatagramPort:
        """
        See L{wand.underlay.ports.Underlay}.
        """
        bound = self._underlay.bindTrains(host, port, receiver, mayFragment=mayFragment)
        return OverheardPort(bound, self._heard)


class OverheardSender:
    """
    A L{wand.underlay.ports.DatagramSender}.
    """

    def __init__(self, port: DatagramSender, heard: Callable[[bytes], object]) -> None:
        self._sender = port
        self._heard = heard

    @property
    def wasTooLong(self) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        return self._sender.wasTooLong

    @property
    def wasRefused(self) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        return self._sender.wasRefused

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        self._heard(bytes(datagram))
        return self._sender.send(datagram, destination)

    def sendParts(self, parts: Sequence[Frame], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        self._heard(b"".join(parts))
        return self._sender.sendParts(parts, destination)

    def sendTrain(self, datagrams: memoryview, size: int, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.ports.DatagramSender}.
        """
        for first in range(0, len(datagrams), size):
            self._heard(bytes(datagrams[first : first + size]))
        return self._sender.sendTrain(datagrams, size, destination)


class OverheardPort(OverheardSender):
    """
    A L{wand.underlay.ports.DatagramPort}.
    """

    def __init__(self, port: DatagramPort, heard: Callable[[bytes], object]) -> None:
        super().__init__(port, heard)
        self.endpoint = port.endpoint
        self.features = tuple(port.features)
        self.notes = tuple(port.notes)
        self._port = port

    def answering(self, sender: tuple[str, int]) -> OverheardSender:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        return OverheardSender(self._port.answering(sender), self._heard)

    def towards(self, sender: tuple[str, int]) -> OverheardSender:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        return OverheardSender(self._port.towards(sender), self._heard)

    def answerStranger(self, datagram: bytes, destination: tuple[str, int], taken: float) -> bool:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        self._heard(datagram)
        return self._port.answerStranger(datagram, destination, taken)

    def close(self) -> None:
        """
        See L{wand.underlay.ports.DatagramPort}.
        """
        self._port.close()
