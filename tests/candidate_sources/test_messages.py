"""
Tests for the messages of PCP and NAT-PMP: what we write is what the RFCs say, and anything is read or refused.
"""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from wand.candidate_sources import natpmp_messages, pcp_messages
from wand.candidate_sources.dialects import NATPMP, PCP
from wand.candidate_sources.mapping_answers import Granted, Incomplete, OtherVersion, Refused
from wand.candidate_sources.natpmp_messages import AddressAnswer, PortAnswer
from wand.endpoint import Endpoint

NONCE = bytes(range(12))
PORTS = st.integers(1, 65535)
U32 = st.integers(0, 2**32 - 1)
V4 = st.ip_addresses(v=4).filter(lambda each: not each.is_multicast and not each.is_unspecified)
V6 = st.ip_addresses(v=6).filter(
    lambda each: not each.is_multicast and not each.is_unspecified and each.ipv4_mapped is None  # type: ignore[union-attr]
)
MAPPED = bytes(10) + b"\xff\xff"


def test_pcpRequest() -> None:
    """
    Octet by octet (RFC 6887, sections 7.1 and 11.1).
    """
    request = pcp_messages.pack(NONCE, "192.168.1.2", 0x5678, Endpoint("0.0.0.0", 0x9ABC), 600)
    header = "02 01 00 00  00 00 02 58  00000000 00000000 0000ffff c0a80102"
    mapping = "000102030405060708090a0b  11 00 00 00  5678 9abc  00000000 00000000 0000ffff 00000000"
    assert request == bytes.fromhex(header + mapping)
    assert pcp_messages.pack(NONCE, "2001:db8::2", 1, None, 0)[8:24] == bytes.fromhex("20010db8" + "00" * 11 + "02")


def test_natpmpRequests() -> None:
    """
    Octet by octet (RFC 6886, sections 3.2 to 3.4).
    """
    assert natpmp_messages.packAddress() == b"\0\0"
    assert natpmp_messages.packMapping(0x5678, 0x9ABC, 600) == bytes.fromhex("00 01 00 00 5678 9abc 00000258")
    assert natpmp_messages.packMapping(0x5678, 0x9ABC, 0) == bytes.fromhex("00 01 00 00 5678 0000 00000000")


def pcpAnswer(result: int, lifetime: int, epoch: int, port: int, external: int, host: bytes) -> bytes:
    """
    An answer of a router.
    """
    header = struct.pack(">BBBBII", 2, 0x81, 0, result, lifetime, epoch) + bytes(12)
    return header + NONCE + b"\x11\0\0\0" + struct.pack(">HH", port, external) + host


@given(PORTS, PORTS, st.one_of(V4, V6), st.integers(1, 2**32 - 1), U32)
def test_pcpGranted(port: int, external: int, host: object, lifetime: int, epoch: int) -> None:
    """
    A mapping is read as it was written, IPv4 and IPv6; one that is given back leads nowhere.
    """
    packed = host.packed  # type: ignore[attr-defined]
    octets = packed if len(packed) == 16 else MAPPED + packed
    answer = pcpAnswer(0, lifetime, epoch, port, external, octets)
    assert pcp_messages.read(answer, NONCE, port) == Granted(Endpoint(str(host), external), lifetime, epoch)
    gone = pcpAnswer(0, 0, epoch, port, external, octets)
    assert pcp_messages.read(gone, NONCE, port) == Granted(None, 0, epoch)


@given(st.integers(2, 255), U32)
def test_pcpRefused(result: int, lifetime: int) -> None:
    """
    Every other result is a refusal with words.
    """
    answer = pcp_messages.read(pcpAnswer(result, lifetime, 1, 7, 8, bytes(16)), NONCE, 7)
    assert isinstance(answer, Refused)
    assert answer.lifetime == lifetime
    assert answer.reason


@given(st.integers(0, 59), st.integers(1, 255))
def test_pcpOfOthers(at: int, flip: int) -> None:
    """
    With another nonce, port, protocol, version or operation it is not about us.
    """
    answer = bytearray(pcpAnswer(0, 600, 1, 7, 8, MAPPED + bytes([9, 9, 9, 9])))
    answer[at] ^= flip
    read = pcp_messages.read(bytes(answer), NONCE, 7)
    if at in (0, 1, *range(24, 37), 40, 41):
        assert read is None
    elif at == 3:
        assert isinstance(read, Refused | OtherVersion)
    else:
        assert isinstance(read, Granted)


def test_otherVersions() -> None:
    """
    A router that speaks NAT-PMP only answers in its own way; one of another version names that.
    """
    assert pcp_messages.read(bytes.fromhex("00 81 0001 00000007"), NONCE, 7) == OtherVersion(0)
    assert pcp_messages.read(bytes.fromhex("00 81 0003 00000007"), NONCE, 7) is None
    assert pcp_messages.read(bytes.fromhex("01 81 00 01") + bytes(20), NONCE, 7) == OtherVersion(1)
    assert natpmp_messages.read(bytes.fromhex("00 81 0001 00000007"), 7) == OtherVersion(0)


@given(PORTS, PORTS, V4, st.integers(1, 2**32 - 1), U32)
def test_natpmpGranted(port: int, external: int, host: object, lifetime: int, epoch: int) -> None:
    """
    Address and port come in two answers, in any order.
    """
    address = struct.pack(">BBHI", 0, 128, 0, epoch) + host.packed  # type: ignore[attr-defined]
    mapping = struct.pack(">BBHIHHI", 0, 129, 0, epoch, port, external, lifetime)
    assert natpmp_messages.read(address, port) == AddressAnswer(str(host), epoch)
    assert natpmp_messages.read(mapping, port) == PortAnswer(external, lifetime, epoch)
    for answers in ((address, mapping), (mapping, address)):
        dialect = NATPMP(port)
        assert dialect.read(answers[0]) == Incomplete()
        assert dialect.read(answers[1]) == Granted(Endpoint(str(host), external), lifetime, epoch)
    assert natpmp_messages.read(mapping, port % 65535 + 1) is None


def test_natpmpWithoutAddress() -> None:
    """
    A router that is not connected maps nothing.
    """
    dialect = NATPMP(7)
    dialect.read(struct.pack(">BBHIHHI", 0, 129, 0, 1, 7, 8, 60))
    assert isinstance(dialect.read(struct.pack(">BBHI", 0, 128, 0, 1) + bytes(4)), Refused)
    assert isinstance(dialect.read(struct.pack(">BBHI", 0, 129, 2, 1)), Refused)


@given(st.binary(max_size=1200))
def test_anything(datagram: bytes) -> None:
    """
    Anything is read or refused; nothing raises.
    """
    for dialect in (PCP("192.168.1.2", 7, NONCE), NATPMP(7)):
        dialect.read(datagram)


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=80))
def test_almost(version: int, operation: int, rest: bytes) -> None:
    """
    So it is with what begins as an answer does.
    """
    for dialect in (PCP("192.168.1.2", 7, NONCE), NATPMP(7)):
        dialect.read(bytes([version % 3, operation | 0x80, 0]) + rest)
