"""
Whether an interface of this host can have IPv6 addresses at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

#: The smallest MTU of a link with IPv6 (RFC 8200, section 5).
IPV6_MTU: Final = 1280

#: Where Linux says what it does with IPv6 (Documentation/networking/ip-sysctl.rst of the kernel).
_SETTINGS: Final = Path("/proc/sys/net/ipv6")


def obstacleToIPv6(interface: str, mtu: int, settings: Path = _SETTINGS) -> str:
    """
    Why an interface can have no IPv6 addresses, with what to do; empty if it can, or nobody knows.

    @param settings: the directory with the kernel's settings; where there is no C{/proc/sys/net}, nobody knows.
    """
    if mtu < IPV6_MTU:
        return f"IPv6 needs an MTU of {IPV6_MTU} at least, and that of {interface} is {mtu}: set mtu = {IPV6_MTU}"
    if not settings.parent.is_dir():
        return ""
    if not settings.is_dir():
        return "the kernel of this host runs without IPv6"
    name = interface if (settings / "conf" / interface).is_dir() else "default"
    try:
        isOff = (settings / "conf" / name / "disable_ipv6").read_text().strip() == "1"
    except OSError:
        return ""
    return f"IPv6 is switched off: sysctl net.ipv6.conf.{name}.disable_ipv6=0 switches it on" if isOff else ""
