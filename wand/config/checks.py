"""
What the types of keys do not say: checks of their values.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_interface
from typing import Final, TypeVar

from wand.endpoint import splitHostPort
from wand.errors import AddressInvalid

Given = TypeVar("Given")

#: What names of hosts in a browser are made of (RFC 952).
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def checked(key: str, check: Callable[[Given], object], value: Given) -> None:
    """
    Check a value by a function that raises.

    @raise AddressInvalid: with the key and the reason.
    """
    try:
        check(value)
    except (AddressInvalid, ValueError) as error:
        raise AddressInvalid(key, str(error)) from None


def checkRelay(megabits: int, channels: int) -> None:
    """
    Check what a relay does for one member.

    @raise AddressInvalid: with the key and the reason.
    """
    if not 1 <= megabits <= 1_000_000:
        raise AddressInvalid("relay-megabits", f"expected 1 to 1000000, not {megabits}")
    if not 1 <= channels <= 100_000:
        raise AddressInvalid("relay-channels", f"expected 1 to 100000, not {channels}")


def checkAddress(text: str) -> None:
    """
    Check an address of an interface, which has a prefix length.

    @raise AddressInvalid: if it has none.
    @raise ValueError: if it is no address.
    """
    if "/" not in text:
        raise AddressInvalid(f"{text!r} has no prefix length; write it like 10.1.0.1/16")
    ip_interface(text)


def checkMetrics(place: str, peers: int) -> None:
    """
    Check where metrics are served, and of how many peers.

    @raise AddressInvalid: with the key and the reason.
    """
    if place:
        checked("metrics", localPlace, place)
    if not 0 <= peers <= 100_000:
        raise AddressInvalid("metrics-peers", f"expected 0 to 100000, not {peers}")


def checkConsole(place: str, certificate: str, names: list[str]) -> None:
    """
    Check where the console is served.

    @raise AddressInvalid: with the key and the reason.
    """
    if not place:
        for key, value in (("console-certificate", certificate), ("console-names", names)):
            if value:
                raise AddressInvalid(key, "it is of no use without console: say where to serve it, as 127.0.0.1:8080")
        return
    checked("console", localPlace, place)
    if not ip_address(localPlace(place)[0]).is_loopback and not certificate:
        raise AddressInvalid(
            "console",
            f"{place} is reached by others, who would read what crosses: serve it at 127.0.0.1 and come by ssh -L, or "
            "name a certificate with its key in console-certificate",
        )
    for name in names:
        if not _NAME.fullmatch(name):
            raise AddressInvalid("console-names", f"{name!r} is not a name of a host")


def localPlace(text: str) -> tuple[str, int]:
    """
    Read where to accept streams or to serve pages: a numeric local address and a TCP port.

    @raise ValueError: if the address is none.
    @raise AddressInvalid: if the port is none.
    """
    host, port = splitHostPort(text)
    return str(ip_address(host)), port
