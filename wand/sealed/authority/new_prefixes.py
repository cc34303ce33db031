"""
The prefixes of a new network: which one of IPv4, and which one of IPv6.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv6Network
from typing import Final

from wand.errors import ConfigurationInvalid
from wand.sealed.credentials.descriptor import prefixFrom

#: What stands in the configuration for a prefix that is made, and for none.
AUTO: Final = "auto"
NONE: Final = "none"


def prefixesWanted(prefix: str, prefix6: str, entropy: Callable[[int], bytes]) -> tuple[str, str]:
    """
    The prefixes of a network that is made now.

    @param prefix: that of IPv4, or the only one, of IPv6; or L{NONE}.
    @param prefix6: that of IPv6; L{AUTO} for one of the network's own, unless C{prefix} is of IPv6; L{NONE}, or
        nothing, for none.
    @param entropy: gives random octets.
    @return: the first, and the second, which is empty if there is none.
    @raise ConfigurationInvalid: if they cannot be used.
    """
    first = "" if prefix == NONE else _checked("prefix", prefix)
    isIPv6 = ":" in first
    if prefix6 in ("", NONE) or (isIPv6 and prefix6 == AUTO):
        second = ""
    else:
        second = uniqueLocal(entropy) if prefix6 == AUTO else _checked("prefix6", prefix6)
    if second and ":" not in second:
        raise ConfigurationInvalid(
            "", "prefix6", f"{second} is not a prefix of IPv6; write it like fd12:3456:789a::/64"
        )
    if isIPv6 and second:
        raise ConfigurationInvalid("", "prefix6", f"prefix is of IPv6 already, {first}: give it one of IPv4, or none")
    if not first and not second:
        raise ConfigurationInvalid("", "prefix", "a network without any addresses: give it a prefix, or prefix6")
    return (first, second) if first else (second, "")


def uniqueLocal(entropy: Callable[[int], bytes]) -> str:
    """
    A prefix for this network alone, of the unique local addresses (RFC 4193): C{fd}, 40 random bits, and the first of
    its subnets.
    """
    return str(IPv6Network((b"\xfd" + entropy(5) + bytes(10), 64)))


def _checked(key: str, text: str) -> str:
    try:
        prefixFrom(text)
    except ValueError as error:
        raise ConfigurationInvalid("", key, str(error)) from error
    return text
