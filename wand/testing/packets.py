"""
Packets for tests: frames and superframes built from a description, each from scratch and with checksums summed word
by word, as slowly and as plainly as the RFCs say it.  What is fast is held against this.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from struct import pack

import attrs

from wand.superframes.virtio import GSO_ECN, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4, NEEDS_CSUM, VirtioHeader

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << bit for bit in range(8))


def slowSum(octets: bytes) -> int:
    """
    The ones' complement sum, word by word (RFC 1071).
    """
    total = 0
    padded = octets + bytes(len(octets) % 2)
    for index in range(0, len(padded), 2):
        total += padded[index] * 256 + padded[index + 1]
        total = (total & 0xFFFF) + (total >> 16)
    return total


@attrs.frozen(kw_only=True)
class Packet:
    """
    A TCP or UDP packet in an Ethernet frame, as long as wanted.

    @ivar payload: what it carries.
    @ivar gsoSize: octets of payload in each segment.
    @ivar tags: EtherType and content of VLAN tags.
    @ivar options: IPv4 options, a multiple of 4 octets.
    @ivar extensions: IPv6 extension headers: the number and the octets after "next header" and "length".
    @ivar tcpOptions: a multiple of 4 octets.
    """

    payload: bytes
    gsoSize: int = 1448
    isIPv4: bool = True
    isTCP: bool = True
    tags: tuple[tuple[int, int], ...] = ()
    options: bytes = b""
    extensions: tuple[tuple[int, bytes], ...] = ()
    tcpOptions: bytes = b""
    flags: int = ACK
    ecn: int = 0
    identification: int = 7
    sequence: int = 1_000

    def segments(self) -> list[bytes]:
        """
        The frames that a network would carry: each of one C{gsoSize}, with whole checksums.
        """
        return [
            self.segment(first, min(self.gsoSize, len(self.payload) - first))
            for first in range(0, len(self.payload), self.gsoSize)
        ]

    def segment(self, offset: int, length: int) -> bytes:
        """
        The frame that carries a part of the payload, with whole checksums.
        """
        return self._link() + self._network(offset, length) + self._transport(offset, length, False)

    def partial(self, offset: int, length: int) -> tuple[VirtioHeader, bytes]:
        """
        The frame that carries a part of the payload as a kernel hands it to a network card, longer than a segment
        perhaps.
        """
        before = self._link() + self._network(offset, length)
        frame = before + self._transport(offset, length, True)
        gsoType = 0
        if length > self.gsoSize:
            gsoType = (GSO_TCPV4 if self.isIPv4 else GSO_TCPV6) if self.isTCP else GSO_UDP_L4
            if self.isTCP and self.flags & CWR and offset == 0:
                gsoType |= GSO_ECN
        field = 16 if self.isTCP else 6
        size = self.gsoSize if gsoType else 0
        return VirtioHeader(NEEDS_CSUM, gsoType, len(frame) - length, size, len(before), field), frame

    def superframe(self) -> tuple[VirtioHeader, bytes]:
        """
        All of it, as a kernel hands it to a network card.
        """
        return self.partial(0, len(self.payload))

    @property
    def headersSize(self) -> int:
        """
        Octets before the payload.
        """
        return len(self.segment(0, len(self.payload))) - len(self.payload)

    def _link(self) -> bytes:
        tags = b"".join(pack(">HH", *tag) for tag in self.tags)
        return bytes.fromhex("020000000002 020000000001") + tags + pack(">H", 0x0800 if self.isIPv4 else 0x86DD)

    def _network(self, offset: int, length: int) -> bytes:
        transport = self._transportSize + length
        if self.isIPv4:
            return self._ipv4(transport, (self.identification + offset // self.gsoSize) % 65536)
        kinds = [kind for kind, _ in self.extensions] + [self._protocol]
        chain = b"".join(
            bytes([following, (len(rest) + 2) // 8 - 1]) + rest
            for (_, rest), following in zip(self.extensions, kinds[1:], strict=True)
        )
        first = 6 << 28 | self.ecn << 20 | 0x12345
        return pack(">IHBB", first, len(chain) + transport, kinds[0], 64) + self._addresses + chain

    def _ipv4(self, transport: int, identification: int) -> bytes:
        words = 5 + len(self.options) // 4
        first = pack(
            ">BBHHHBB", 0x40 | words, self.ecn, words * 4 + transport, identification, 0x4000, 64, self._protocol
        )
        rest = self._addresses + self.options
        checksum = 0xFFFF - slowSum(first + bytes(2) + rest)
        return first + pack(">H", checksum) + rest

    def _transport(self, offset: int, length: int, isPartial: bool) -> bytes:
        size = self._transportSize
        pseudo = self._addresses + pack(">IHBB", size + length, 0, 0, self._protocol)
        if self.isTCP:
            flags = self.flags
            if offset:
                flags &= ~CWR
            if offset + length < len(self.payload):
                flags &= ~(FIN | PSH)
            sequence = (self.sequence + offset) % 2**32
            before = pack(">HHIIBBH", 1024, 5201, sequence, 77, size // 4 << 4, flags, 512)
            after = pack(">H", 0) + self.tcpOptions
        else:
            before, after = pack(">HHH", 1024, 5201, size + length), b""
        payload = self.payload[offset : offset + length]
        if isPartial:
            checksum = slowSum(pseudo)
        else:
            checksum = 0xFFFF - slowSum(pseudo + before + bytes(2) + after + payload)
            checksum = checksum or (0 if self.isTCP else 0xFFFF)
        return before + pack(">H", checksum) + after + payload

    @property
    def _protocol(self) -> int:
        return 6 if self.isTCP else 17

    @property
    def _transportSize(self) -> int:
        return 20 + len(self.tcpOptions) if self.isTCP else 8

    @property
    def _addresses(self) -> bytes:
        if self.isIPv4:
            return IPv4Address("10.77.0.1").packed + IPv4Address("10.77.0.2").packed
        return IPv6Address("fd00::1").packed + IPv6Address("fd00::2").packed
