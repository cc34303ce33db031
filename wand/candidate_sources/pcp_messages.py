"""
The messages of the Port Control Protocol (RFC 6887), as far as one UDP port is mapped with C{MAP}.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from struct import Struct
from typing import Final

from wand.candidate_sources.mapping_answers import Answer, Granted, OtherVersion, Refused
from wand.endpoint import Endpoint

#: Where routers listen (section 19.1).
PCP_PORT: Final = 5351

#: Our version of the protocol (section 7).
VERSION: Final = 2

#: Octets of the nonce that tells our mapping from those of others (section 11.1).
NONCE_OCTETS: Final = 12

#: Octets of the longest message (section 7).
MESSAGE_MAXIMUM: Final = 1100

_MAP: Final = 1
_RESPONSE: Final = 0x80
_UDP: Final = 17

_REQUEST: Final = Struct(">BBxxI16s")  # version, opcode, lifetime, address of the client (section 7.1)
_ANSWER: Final = Struct(">BBxBII12x")  # version, opcode, result, lifetime, epoch (section 7.2)
_MAPPING: Final = Struct(">12sBxxxHH16s")  # nonce, protocol, internal and external port, external address (11.1)

_SUCCESS: Final = 0
_UNSUPPORTED_VERSION: Final = 1

#: Result codes (section 7.4).
_REASONS: Final = {
    2: "it does not allow it",
    3: "it could not read the request",
    4: "it maps no ports",
    5: "it does not know an option",
    6: "an option is malformed",
    7: "its own network fails",
    8: "it has no room left",
    9: "it does not map UDP",
    10: "this host has too many mappings",
    11: "it cannot give that port",
    12: "another NAT or a tunnel is in between",
    13: "too many filters were asked for",
}


def pack(nonce: bytes, client: str, port: int, suggested: Endpoint | None, lifetime: int) -> bytes:
    """
    Ask for a mapping of a UDP port, or give it back.

    @param nonce: L{NONCE_OCTETS} octets, the same for all messages about one mapping.
    @param client: our IP address, from which this is sent.
    @param port: our UDP port.
    @param suggested: what we would like to have outside.
    @param lifetime: for how many seconds; 0 gives it back.
    """
    host = suggested.host if suggested else "::" if ":" in client else "0.0.0.0"
    return _REQUEST.pack(VERSION, _MAP, lifetime, _octets(client)) + _MAPPING.pack(
        nonce, _UDP, port, suggested.port if suggested else 0, _octets(host)
    )


def read(datagram: bytes, nonce: bytes, port: int) -> Answer | None:
    """
    Read an answer; C{None} if it is not one, or not about our mapping.
    """
    if datagram[:1] == b"\0":  # a router that speaks NAT-PMP only says so in its own way (section 9, RFC 6886: 3.5)
        return OtherVersion(0) if len(datagram) >= 4 and datagram[1] & _RESPONSE and datagram[3] == 1 else None
    if not _ANSWER.size <= len(datagram) <= MESSAGE_MAXIMUM or len(datagram) % 4:
        return None
    version, opcode, result, lifetime, epoch = _ANSWER.unpack_from(datagram)
    if opcode != _MAP | _RESPONSE:
        return None
    if result == _UNSUPPORTED_VERSION:
        return OtherVersion(version)
    if version != VERSION or len(datagram) < _ANSWER.size + _MAPPING.size:
        return None
    ofNonce, protocol, internal, external, host = _MAPPING.unpack_from(datagram, _ANSWER.size)
    if (ofNonce, protocol, internal) != (nonce, _UDP, port):
        return None
    if result != _SUCCESS:
        return Refused(_REASONS.get(result, f"its reason is {result}"), lifetime)
    return Granted(_endpoint(host, external) if lifetime else None, lifetime, epoch)


def _octets(host: str) -> bytes:
    """
    An address as it is sent: IPv4 as IPv6-mapped (section 5).
    """
    address = ip_address(host)
    return address.packed if address.version == 6 else bytes(10) + b"\xff\xff" + address.packed


def _endpoint(octets: bytes, port: int) -> Endpoint | None:
    address: IPv6Address | IPv4Address = IPv6Address(octets)
    address = IPv6Address(octets).ipv4_mapped or address
    if not port or address.is_unspecified or address.is_multicast:
        return None
    return Endpoint(str(address), port)
