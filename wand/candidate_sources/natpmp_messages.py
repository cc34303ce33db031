"""
The messages of the NAT Port Mapping Protocol (RFC 6886), as far as one UDP port is mapped.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from struct import Struct
from typing import Final

import attrs

from wand.candidate_sources.mapping_answers import OtherVersion, Refused

_VERSION: Final = 0
_ADDRESS, _MAP_UDP, _RESPONSE = 0, 1, 0x80

_REQUEST: Final = Struct(">BBxxHHI")  # version, operation, internal and external port, lifetime (section 3.3)
_HEADER: Final = Struct(">BBHI")  # version, operation, result, epoch (sections 3.2, 3.3)
_MAPPING: Final = Struct(">HHI")  # internal and external port, lifetime

_UNSUPPORTED_VERSION: Final = 1

#: Result codes (section 3.5).
_REASONS: Final = {
    2: "it does not allow it",
    3: "its own network fails",
    4: "it has no room left",
    5: "it maps no ports",
}

#: Seconds for which a refusal holds: the protocol says nothing of it.
REFUSAL_LIFETIME: Final = 300


@attrs.frozen
class AddressAnswer:
    """
    The router's address outside.
    """

    host: str
    epoch: int


@attrs.frozen
class PortAnswer:
    """
    A mapping of our port.

    @ivar port: the port outside; 0 if the mapping was given back.
    @ivar lifetime: for how many seconds.
    """

    port: int
    lifetime: int
    epoch: int


def packAddress() -> bytes:
    """
    Ask for the router's address outside (section 3.2).
    """
    return bytes([_VERSION, _ADDRESS])


def packMapping(port: int, suggested: int, lifetime: int) -> bytes:
    """
    Ask for a mapping of a UDP port, or give it back (sections 3.3, 3.4).

    @param port: our UDP port.
    @param suggested: the port that we would like to have outside; 0 for any.
    @param lifetime: for how many seconds; 0 gives it back.
    """
    return _REQUEST.pack(_VERSION, _MAP_UDP, port, suggested if lifetime else 0, lifetime)


def read(datagram: bytes, port: int) -> AddressAnswer | PortAnswer | Refused | OtherVersion | None:
    """
    Read an answer; C{None} if it is not one, or not about our port.
    """
    if len(datagram) < _HEADER.size:
        return None
    version, operation, result, epoch = _HEADER.unpack_from(datagram)
    if version != _VERSION or operation not in (_ADDRESS | _RESPONSE, _MAP_UDP | _RESPONSE):
        return None
    if result == _UNSUPPORTED_VERSION:
        return OtherVersion(version)
    if result:
        return Refused(_REASONS.get(result, f"its reason is {result}"), REFUSAL_LIFETIME)
    if operation == _ADDRESS | _RESPONSE:
        return AddressAnswer(str(IPv4Address(datagram[8:12])), epoch) if len(datagram) >= 12 else None
    if len(datagram) < _HEADER.size + _MAPPING.size:
        return None
    internal, external, lifetime = _MAPPING.unpack_from(datagram, _HEADER.size)
    return PortAnswer(external, lifetime, epoch) if internal == port else None
