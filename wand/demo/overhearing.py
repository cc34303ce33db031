"""
An underlay whose datagrams somebody else hears too, where nobody may listen on the real network.
"""

from __future__ import annotations

from collections.abc import Callable

from wand.underlay import DatagramPort, DatagramReceiver, Underlay


class OverheardUnderlay:
    """
    A L{wand.underlay.Underlay}.
    """

    def __init__(self, underlay: Underlay, heard: Callable[[bytes], object]) -> None:
        """
        @param heard: called with every datagram that is sent.
        """
        self._underlay = underlay
        self._heard = heard

    def bind(self, host: str, port: int, receiver: DatagramReceiver) -> DatagramPort:
        """
        See L{wand.underlay.Underlay}.
        """
        return OverheardPort(self._underlay.bind(host, port, receiver), self._heard)


class OverheardPort:
    """
    A L{wand.underlay.DatagramPort}.
    """

    def __init__(self, port: DatagramPort, heard: Callable[[bytes], object]) -> None:
        self.endpoint = port.endpoint
        self._port = port
        self._heard = heard

    def send(self, datagram: bytes | bytearray | memoryview, destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.DatagramPort}.
        """
        self._heard(bytes(datagram))
        return self._port.send(datagram, destination)

    def sendParts(self, parts: list[bytes | memoryview], destination: tuple[str, int]) -> bool:
        """
        See L{wand.underlay.DatagramPort}.
        """
        self._heard(b"".join(parts))
        return self._port.sendParts(parts, destination)

    def close(self) -> None:
        """
        See L{wand.underlay.DatagramPort}.
        """
        self._port.close()
