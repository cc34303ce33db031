"""
Which network interfaces lead into a tunnel, and which of them into a network of ours.

What a tunnel carries must not depend on that tunnel, or on one that depends on it.  So others are told an address in a
tunnel only if this host has none elsewhere, or if the way to hosts far away leads through it; and one in a network of
ours only if there is none elsewhere.
"""

from __future__ import annotations

from typing import Final

from wand.host.rtnetlink import LINK_ALIAS, LINK_NAME, LINKS, dump, textOf

#: The alias of an interface into a network of ours (ip-link(8)), by which each program of this host knows such an
#: interface, whichever network it is in; more may follow after a blank.
ALIAS: Final = "wandaemon"

#: What the kernel calls interfaces that lead into a tunnel, be it ours or of another program (ip-link(8)).
TUNNELS: Final = frozenset({"tun", "wireguard", "vxlan", "geneve", "ipip", "sit", "gre", "gretap", "ip6tnl", "xfrm"})


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
    found = (told.get(LINK_ALIAS, b"") for _, told in dump(LINKS) if textOf(told.get(LINK_NAME, b"")) == name)
    return textOf(next(found, b""))
