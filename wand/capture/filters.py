"""
Which frames are wanted: a small part of the language of tcpdump (pcap-filter(7)).

    arp  ip  ip6  tcp  udp  icmp  icmp6  broadcast  multicast
    [src | dst] host ADDRESS        [src | dst] net PREFIX         [tcp | udp] [src | dst] port NUMBER
    ether [src | dst] host MAC      ether proto NUMBER             proto NUMBER          vlan [NUMBER]

with C{not}, C{and}, C{or} and parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Final, TypeAlias

from wand.capture.packet import Packet, packetOf
from wand.errors import AddressInvalid, FilterInvalid
from wand.ethernet import BROADCAST, MAC, Frame
from wand.headers import ARP, ICMP, ICMPV6, IPV4, IPV6, TCP, UDP

#: The most words of a filter, so that reading one and asking one end.
WORDS_MAXIMUM: Final = 200

#: How deep parentheses may go.
_DEPTH_MAXIMUM: Final = 20

_Test: TypeAlias = Callable[[Packet], bool]

_WORDS: Final = re.compile(r"[()]|&&|\|\||!|[^\s()!]+")

_KINDS: Final = {"arp": ARP, "ip": IPV4, "ip6": IPV6}
_PROTOCOLS: Final = {"tcp": TCP, "udp": UDP, "icmp": ICMP, "icmp6": ICMPV6}
_SIDES: Final = {"src": (0,), "dst": (1,)}
_BOTH: Final = (0, 1)


def filterFrom(text: str) -> Callable[[Frame], bool]:
    """
    Read a filter.

    @param text: empty for all frames.
    @raise FilterInvalid: if it is none.
    """
    words = _WORDS.findall(text)
    if len(words) > WORDS_MAXIMUM:
        raise FilterInvalid(f"a filter has at most {WORDS_MAXIMUM} words")
    if not words:
        return lambda frame: True
    test = _Reader(words).read()
    return lambda frame: test(packetOf(frame))


class _Reader:
    """
    Reads the words of a filter from left to right.
    """

    def __init__(self, words: list[str]) -> None:
        self._words = words
        self._at = 0
        self._depth = 0

    def read(self) -> _Test:
        test = self._any()
        if self._at < len(self._words):
            raise FilterInvalid(f"in the filter, {self._words[self._at]!r} cannot follow: join tests with and, or")
        return test

    # What joins tests.

    def _any(self) -> _Test:
        tests = [self._all()]
        while self._has("or", "||"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda packet: any(test(packet) for test in tests)

    def _all(self) -> _Test:
        tests = [self._one()]
        while self._has("and", "&&"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda packet: all(test(packet) for test in tests)

    def _one(self) -> _Test:
        isWanted = True
        while self._has("not", "!"):
            isWanted = not isWanted
        test = self._group() if self._has("(") else self._test()
        return test if isWanted else lambda packet: not test(packet)

    def _group(self) -> _Test:
        self._depth += 1
        if self._depth > _DEPTH_MAXIMUM:
            raise FilterInvalid(f"in the filter, parentheses go deeper than {_DEPTH_MAXIMUM}")
        test = self._any()
        if not self._has(")"):
            raise FilterInvalid("in the filter, a parenthesis is not closed")
        self._depth -= 1
        return test

    # Tests.

    def _test(self) -> _Test:
        word = self._word("a test such as arp, host or port")
        if word in _KINDS:
            return _ofKind(_KINDS[word])
        if word in _PROTOCOLS:
            return self._ofProtocol(_PROTOCOLS[word])
        if word == "broadcast":
            return lambda packet: packet.frame[:6] == BROADCAST
        if word == "multicast":
            return lambda packet: bool(packet.frame[0] & 1)
        if word == "proto":
            return _carries(self._number(0xFF))
        if word == "vlan":
            return self._tagged()
        if word == "ether":
            return self._ofEthernet()
        return self._ofAddressOrPort(word)

    def _ofProtocol(self, protocol: int) -> _Test:
        carries = _carries(protocol)
        if protocol not in (TCP, UDP) or self._peek() not in ("src", "dst", "port"):
            return carries
        ports = self._ofAddressOrPort(self._word("port"), ("port",))
        return lambda packet: carries(packet) and ports(packet)

    def _tagged(self) -> _Test:
        if not self._peek().isdecimal():
            return lambda packet: packet.tag is not None
        tag = self._number(0x0FFF)
        return lambda packet: packet.tag == tag

    def _ofEthernet(self) -> _Test:
        word = self._word("host, src, dst or proto")
        if word == "proto":
            return _ofKind(self._number(0xFFFF))
        sides = _SIDES.get(word, _BOTH)
        if word in _SIDES:
            self._has("host")
        elif word != "host":
            raise FilterInvalid(f"in the filter, ether {word!r} is unknown: ether host, src, dst or proto")
        try:
            mac = MAC.parse(self._word("a MAC address"))
        except AddressInvalid as error:
            raise FilterInvalid(str(error)) from None
        return lambda packet: any(packet.frame[6 - 6 * side : 12 - 6 * side] == mac for side in sides)

    def _ofAddressOrPort(self, word: str, kinds: tuple[str, ...] = ("host", "net", "port")) -> _Test:
        sides = _SIDES.get(word, _BOTH)
        what = self._word("host, net or port") if word in _SIDES else word
        if what not in kinds:
            raise FilterInvalid(f"in the filter, {what!r} is unknown: it may be {', '.join(kinds)} here")
        if what == "port":
            port = self._number(0xFFFF)
            return lambda packet: any(packet.ports[side] == port for side in sides)
        return self._ofHost(sides) if what == "host" else self._ofNetwork(sides)

    def _ofHost(self, sides: tuple[int, ...]) -> _Test:
        text = self._word("an IP address")
        try:
            address = ip_address(text).packed
        except ValueError:
            raise FilterInvalid(f"in the filter, {text!r} is not an IP address; a MAC address is ether host") from None
        return lambda packet: any(packet.addresses[side] == address for side in sides)

    def _ofNetwork(self, sides: tuple[int, ...]) -> _Test:
        text = self._word("a prefix")
        try:
            network = ip_network(text)
        except ValueError as error:
            raise FilterInvalid(f"in the filter, {error}") from None
        size, shift = network.max_prefixlen // 8, network.max_prefixlen - network.prefixlen
        wanted = int(network.network_address) >> shift

        def isIn(address: bytes) -> bool:
            return len(address) == size and int.from_bytes(address) >> shift == wanted

        return lambda packet: any(isIn(packet.addresses[side]) for side in sides)

    # Words.

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _has(self, *words: str) -> bool:
        isThere = self._peek() in words
        self._at += isThere
        return isThere

    def _word(self, expected: str) -> str:
        word = self._peek()
        if not word:
            raise FilterInvalid(f"the filter ends where {expected} should be")
        self._at += 1
        return word

    def _number(self, maximum: int) -> int:
        word = self._word("a number")
        try:
            value = int(word, 0)
        except ValueError:
            value = -1
        if not 0 <= value <= maximum:
            raise FilterInvalid(f"in the filter, {word!r} is not a number up to {maximum}")
        return value


def _ofKind(kind: int) -> _Test:
    return lambda packet: packet.kind == kind


def _carries(protocol: int) -> _Test:
    return lambda packet: packet.protocol == protocol
