"""
Tests for which frames are wanted: L{wand.capture.filters}, and what they look at.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wand.capture.filters import WORDS_MAXIMUM, filterFrom
from wand.errors import FilterInvalid
from wand.testing.packets import Packet

ONE, TWO = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def ethernet(kind: int, payload: bytes, to: bytes = TWO) -> bytes:
    return to + ONE + kind.to_bytes(2) + payload


ARP = ethernet(0x0806, bytes.fromhex("0001080006040001") + ONE + bytes([10, 7, 0, 1]) + bytes(6) + bytes([10, 7, 0, 2]))
IPV4 = bytes.fromhex("450000280000000040060000") + bytes([10, 7, 0, 1, 10, 7, 0, 2])
TCP = ethernet(0x0800, IPV4 + (40_000).to_bytes(2) + (80).to_bytes(2) + bytes(16))
LATER_FRAGMENT = TCP[:20] + b"\x00\x10" + TCP[22:]
ICMP = ethernet(0x0800, IPV4[:9] + b"\x01" + IPV4[10:] + b"\x08\x00")
IPV6 = (
    bytes.fromhex("6000000000101100") + bytes.fromhex("fd" + "00" * 14 + "01") + bytes.fromhex("fd" + "00" * 14 + "02")
)
PORTS6 = (53).to_bytes(2) + (5353).to_bytes(2)
UDP6 = ethernet(0x86DD, IPV6[:6] + b"\x00\x40" + IPV6[8:] + b"\x11\x00" + bytes(6) + PORTS6)
ICMP6 = ethernet(0x86DD, IPV6[:6] + b"\x3a\x40" + IPV6[8:] + b"\x87")
TAGGED = TCP[:12] + b"\x81\x00\x20\x05" + TCP[12:]
HELLO = ethernet(0x88B5, b"hello", b"\xff" * 6)
GROUP = ethernet(0x88B5, b"hello", b"\x01\0\x5e\0\0\1")

FRAMES = {
    "arp": ARP,
    "tcp": TCP,
    "fragment": LATER_FRAGMENT,
    "icmp": ICMP,
    "udp6": UDP6,
    "icmp6": ICMP6,
    "tagged": TAGGED,
    "hello": HELLO,
    "group": GROUP,
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "arp tcp fragment icmp udp6 icmp6 tagged hello group"),
        ("arp", "arp"),
        ("ip", "tcp fragment icmp tagged"),
        ("ip6", "udp6 icmp6"),
        ("tcp", "tcp fragment tagged"),
        ("udp", "udp6"),
        ("icmp or icmp6", "icmp icmp6"),
        ("proto 58", "icmp6"),
        ("ether proto 0x88b5", "hello group"),
        ("broadcast", "hello"),
        ("multicast", "hello group"),
        ("vlan", "tagged"),
        ("vlan 5", "tagged"),
        ("vlan 6", ""),
        ("host 10.7.0.2", "arp tcp fragment icmp tagged"),
        ("src host 10.7.0.2", ""),
        ("dst host fd00::2", "udp6 icmp6"),
        ("net 10.7.0.0/24 && !arp", "tcp fragment icmp tagged"),
        ("dst net fd00::/64", "udp6 icmp6"),
        ("net 0.0.0.0/0", "arp tcp fragment icmp tagged"),
        ("port 80", "tcp tagged"),
        ("tcp src port 80", ""),
        ("tcp port 5353", ""),
        ("udp dst port 5353", "udp6"),
        ("ether host 02:00:00:00:00:02 and not ip", "arp udp6 icmp6"),
        ("ether src 02-00-00-00-00-02", ""),
        ("ether dst host 020000000002 and (arp or icmp)", "arp icmp"),
        ("arp or icmp and host 192.0.2.1", "arp"),
        ("not not arp", "arp"),
    ],
)
def test_words(text: str, expected: str) -> None:
    """
    Each word means what it means to tcpdump; C{and} binds more than C{or}.
    """
    isWanted = filterFrom(text)
    assert " ".join(name for name, frame in FRAMES.items() if isWanted(frame)) == expected
    assert [isWanted(memoryview(frame)) for frame in FRAMES.values()] == [isWanted(each) for each in FRAMES.values()]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("arp tcp", "'tcp' cannot follow"),
        ("(arp", "not closed"),
        ("arp )", "')' cannot follow"),
        ("host", "the filter ends where an IP address should be"),
        ("host 02:00:00:00:00:01", "a MAC address is ether host"),
        ("ether host 10.0.0.1", "is not a MAC address"),
        ("port 65536", "not a number up to 65535"),
        ("port -1", "not a number"),
        ("net 10.0.0.1/8", "has host bits set"),
        ("tcp host 10.0.0.1", "'host' cannot follow"),
        ("tcp src host 10.0.0.1", "it may be port here"),
        ("hots 10.0.0.1", "'hots' is unknown"),
        ("ether port 4", "ether 'port' is unknown"),
        ("not", "the filter ends"),
        ("(" * 30 + "arp" + ")" * 30, "deeper than"),
        ("not " * WORDS_MAXIMUM + "arp", "at most"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    """
    What is no filter is refused, with the word at fault.
    """
    with pytest.raises(FilterInvalid) as refused:
        filterFrom(text)
    assert reason in str(refused.value)


_ALL_WORDS = """
    ( ) ! not and or && arp ip ip6 tcp udp icmp icmp6 broadcast multicast vlan proto ether host src dst port net
    80 0x10 10.0.0.1 10.0.0.0/8 fd00::/8 02:00:00:00:00:01 \u0664
"""
WORDS = st.sampled_from(_ALL_WORDS.split())


@given(st.lists(WORDS, max_size=40).map(" ".join) | st.text(max_size=100), st.binary(min_size=14, max_size=120))
def test_anyWordsAndAnyFrame(text: str, frame: bytes) -> None:
    """
    Any text is a filter or is refused, and a filter has an answer for any frame.
    """
    try:
        isWanted = filterFrom(text)
    except FilterInvalid:
        return
    assert isWanted(frame) in (True, False)
    for each in FRAMES.values():
        assert isWanted(each[: len(frame)]) in (True, False)


@given(st.sampled_from(sorted(FRAMES)), st.data())
def test_oppositesAndParts(name: str, data: st.DataObject) -> None:
    """
    A frame cut short is never an error, and C{not} is the opposite.
    """
    frame = FRAMES[name][: data.draw(st.integers(14, len(FRAMES[name])))]
    for text in ("host 10.7.0.1", "tcp port 80", "vlan 5", "udp"):
        assert filterFrom(text)(frame) is not filterFrom(f"not {text}")(frame)


def test_packetsOfOthers() -> None:
    """
    Packets that were made elsewhere are understood, too.
    """
    for isIPv4 in (True, False):
        for isTCP in (True, False):
            (frame,) = Packet(payload=b"x" * 100, gsoSize=1_200, isIPv4=isIPv4, isTCP=isTCP).segments()
            assert filterFrom("ip" if isIPv4 else "ip6")(frame)
            assert filterFrom("tcp" if isTCP else "udp")(frame)
