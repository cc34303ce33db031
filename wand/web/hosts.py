"""
Whom a request of a browser was meant for.

A page of a stranger can give its own name the address 127.0.0.1 (DNS rebinding) and then read what this machine serves
to its own users.  Its requests carry that name in their C{Host}, which is how they are told apart.
"""

from __future__ import annotations

from ipaddress import ip_address


class HostRefused(Exception):
    """
    The request was meant for somebody else.
    """


def checkHost(host: str, local: str) -> None:
    """
    Check the C{Host} of a request (RFC 9110, section 7.2).

    @param local: the address at which the request arrived.
    @raise HostRefused: if that is an address of this machine alone, and C{host} a name other than C{localhost}.
    """
    if not ip_address(local.partition("%")[0]).is_loopback:
        return  # Whoever reaches it may call it what they like.
    name = _withoutPort(host)
    if name.lower() == "localhost":
        return
    try:
        ip_address(name)
    except ValueError:
        raise HostRefused("ask for this page by its address, or as localhost") from None


def _withoutPort(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
