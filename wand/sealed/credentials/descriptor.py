"""
The descriptor of a network: what every member must know of it, signed with its key.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta

from wand.sealed.credentials.fields import Count, Name
from wand.sealed.credentials.signed import Body

#: The ciphers; each network has one.
Cipher: TypeAlias = Literal["aes-256-gcm", "chacha20-poly1305"]
CIPHERS: Final[tuple[Cipher, ...]] = ("aes-256-gcm", "chacha20-poly1305")


class Descriptor(Body, frozen=True, array_like=True):
    """
    A network.

    @ivar prefix: where its overlay addresses come from.
    @ivar created: when, in seconds since the epoch.
    @ivar prefix6: where those of IPv6 come from, if C{prefix} has those of IPv4; empty for none.  Networks that are
        older than this have none.
    """

    domain: ClassVar[str] = "wand network 1"

    name: Name
    cipher: Cipher
    prefix: Annotated[str, Meta(max_length=43)]
    created: Count
    prefix6: Annotated[str, Meta(max_length=43)] = ""

    def __post_init__(self) -> None:
        versions = [prefixFrom(each).version for each in self.prefixes]
        if len(versions) > 1 and versions != [4, 6]:
            raise ValueError("of two prefixes the first is of IPv4, and the second of IPv6")

    @property
    def prefixes(self) -> tuple[str, ...]:
        """
        Both prefixes, or the only one: of each every member gets an address.
        """
        return (self.prefix, self.prefix6) if self.prefix6 else (self.prefix,)


def prefixFrom(text: str) -> IPv4Network | IPv6Network:
    """
    Read the prefix of a network's overlay addresses, C{10.77.0.0/16}.

    @raise ValueError: if it is not a prefix, with the reason.
    """
    prefix = ip_network(text)
    if str(prefix) != text or "%" in text or prefix.num_addresses < 4:
        raise ValueError(f"{text} is not a prefix with room for hosts; write it like 10.77.0.0/16")
    if prefix.is_multicast or prefix.is_loopback or prefix.is_unspecified or prefix.prefixlen == 0:
        raise ValueError(f"{text} has no addresses of hosts")
    return prefix
