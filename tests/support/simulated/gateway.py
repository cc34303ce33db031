"""
A simulated router that maps ports, by PCP (RFC 6887) or NAT-PMP (RFC 6886).
"""

from __future__ import annotations

import struct
from ipaddress import ip_address

import attrs
from twisted.internet.task import Clock

from wand.testing.network import Network


@attrs.define
class Mapped:
    """
    A mapping.

    @ivar port: outside.
    @ivar until: when it ends.
    """

    port: int
    nonce: bytes
    until: float


class SimulatedGateway:
    """
    The router.

    @ivar external: its address outside; others may set it.
    @ivar version: the newest version that it speaks: 2 is PCP, 0 is NAT-PMP; any other it merely names.
    @ivar result: what it answers instead of a mapping; 0 for none.
    @ivar errorLifetime: seconds that it says a refusal holds.
    @ivar isSilent: does it say nothing at all?
    @ivar isConfused: does it give another epoch in each answer?
    @ivar checksNonces: does it refuse to change a mapping of another nonce (RFC 6887, section 11.3)?
    @ivar mappings: by the client's address and port.
    @ivar requests: what came, with the time.
    """

    def __init__(self, clock: Clock, network: Network, host: str = "192.168.1.1") -> None:
        self.host = host
        self.external = "203.0.113.9"
        self.version = 2
        self.result = 0
        self.errorLifetime = 60
        self.isSilent = False
        self.isConfused = False
        self.checksNonces = False
        self.mappings: dict[tuple[str, int], Mapped] = {}
        self.requests: list[tuple[float, bytes]] = []
        self._clock = clock
        self._started = clock.seconds()
        self.port = network.host(host).bind(host, 5351, self)

    def restart(self) -> None:
        """
        Forget everything.
        """
        self._started = self._clock.seconds()
        self.mappings.clear()

    def mapped(self, client: str, port: int) -> int | None:
        """
        The port outside that leads there now.
        """
        found = self.mappings.get((client, port))
        return None if found is None or found.until <= self._clock.seconds() else found.port

    @property
    def epoch(self) -> int:
        """
        What it says how long it has remembered its mappings.
        """
        return len(self.requests) % 2 * 1000 if self.isConfused else int(self._clock.seconds() - self._started)

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        """
        A request came.
        """
        request = bytes(datagram)
        self.requests.append((self._clock.seconds(), request))
        if not self.isSilent:
            self.port.send(self._answer(request, sender[0]), sender)

    def batchReceived(self) -> None:
        """
        Nothing was put off.
        """

    def _answer(self, request: bytes, client: str) -> bytes:
        if request[0] == 2 == self.version:
            return self._pcp(request, client)
        if request[0] == 0 and self.version in (0, 2):
            return self._natpmp(request, client)
        if self.version == 0:
            return bytes([0, request[1] | 0x80, 0, 1]) + struct.pack(">I", self.epoch)
        return bytes([self.version, request[1] | 0x80, 0, 1]) + bytes(20) + request[24:]

    def _pcp(self, request: bytes, client: str) -> bytes:
        lifetime = int.from_bytes(request[4:8], "big")
        assert request[1] == 1 and len(request) == 60
        assert request[8:24] == _sixteen(client)
        nonce, protocol = request[24:36], request[36]
        internal, suggested = struct.unpack(">HH", request[40:44])
        assert protocol == 17
        known = self.mappings.get((client, internal))
        result = self.result
        if self.checksNonces and known is not None and known.nonce != nonce and self.mapped(client, internal):
            result = 2
        external, host = suggested, bytes(16)
        if not result:
            external = self._map(client, internal, suggested, lifetime, nonce)
            host = _sixteen(self.external)
        header = struct.pack(">BBBBII", 2, 0x81, 0, result, self.errorLifetime if result else lifetime, self.epoch)
        return header + bytes(12) + nonce + bytes([17, 0, 0, 0]) + struct.pack(">HH", internal, external) + host

    def _natpmp(self, request: bytes, client: str) -> bytes:
        header = struct.pack(">BBHI", 0, request[1] | 0x80, self.result, self.epoch)
        if request[1] == 0:
            return header + ip_address(self.external).packed
        _, _, internal, suggested, lifetime = struct.unpack(">BBxxHHI", request)
        external = 0 if self.result else self._map(client, internal, suggested, lifetime, b"")
        return header + struct.pack(">HHI", internal, external if lifetime else 0, lifetime)

    def _map(self, client: str, internal: int, suggested: int, lifetime: int, nonce: bytes) -> int:
        if not lifetime:
            self.mappings.pop((client, internal), None)
            return suggested
        mine = self.mapped(client, internal)
        taken = {each.port for each in self.mappings.values() if each.until > self._clock.seconds()}
        port = mine or next(each for each in range(suggested or 1024, 65536) if each not in taken)
        self.mappings[client, internal] = Mapped(port, nonce, self._clock.seconds() + lifetime)
        return port


def _sixteen(host: str) -> bytes:
    packed = ip_address(host).packed
    return packed if len(packed) == 16 else bytes(10) + b"\xff\xff" + packed
