"""
Which network interfaces lead into a tunnel, and which of them into a network of ours.

What a tunnel carries must not depend on that tunnel, or on one that depends on it; so others are not sent there as long
as this host has any other address, and never into a network of ours.
"""

from __future__ import annotations

from typing import Final

from wand.host.rtnetlink import LINKS, dump

#: The alias of an interface into a network of ours (ip-link(8)), by which each program of this host knows such an
#: interface, whichever network it is in; more may follow after a blank.
ALIAS: Final = "wandaemon"

#: What the kernel calls interfaces that lead into a tunnel, be it ours or of another program (ip-link(8)).
TUNNELS: Final = frozenset({"tun", "wireguard", "vxlan", "geneve", "ipip", "sit", "gre", "gretap", "ip6tnl", "xfrm"})


# The numbers of the attributes that have the name of a link and its alias (if_link.h).
_LINK_NAME, _LINK_ALIAS = 3, 20


def isOurs(alias: str) -> bool:
    """
    Does an interface with this alias lead into a network of ours?
    """
    return alias.partition(" ")[0] == ALIAS


def aliasOf(name: str) -> str:
    """
    The alias of an interface; empty if it has none.

    @raise OSError: if this system does not tell.
    """
    wanted = f"{name}\0".encode()
    found = (told.get(_LINK_ALIAS, b"") for _, told in dump(LINKS) if told.get(_LINK_NAME) == wanted)
    return next(found, b"").rstrip(b"\0").decode(errors="replace")
