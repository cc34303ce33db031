"""
Before a program makes a network: does the other program of this host, its server or its node, have one already?
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv4Network, ip_network
from pathlib import Path
from typing import Final

from wand.cli.rendering import clean
from wand.cli.session import Session
from wand.cli.sockets import NODES, SERVERS, isThere
from wand.config.keys import STATE
from wand.errors import MembershipRefused, WandError
from wand.setup.units import NODE, SERVER, Role
from wand.status import OwnStatus

#: What each program keeps once it has a network, below the state directory.
_KEPT: Final = {NODE: "membership", SERVER: "network"}

_SOCKETS: Final = {NODE: NODES, SERVER: SERVERS}


async def prefixBeside(session: Session, role: Role, name: str, otherwise: str) -> str:
    """
    See that a new network does not get in the way of one that this host has.

    @param role: the program that is to make it.
    @param name: what it is to be called.
    @param otherwise: how another name is chosen.
    @return: the prefix that a node is to ask for, because the server's network has the usual one; else nothing.
    @raise MembershipRefused: if the other program has a network of that name, with what to do.
    """
    if session.isChosen or await _hasNetwork(session, role):
        return ""
    path, theirs = await _ownOf(session, _SOCKETS[SERVER if role is NODE else NODE])
    if theirs is None or theirs.stage != "member":
        return ""
    if theirs.network != name:
        return _prefixApartFrom(theirs.prefix) if role is NODE else ""
    said = clean(name)
    if role is NODE:
        raise MembershipRefused(
            f"the server of the network {said} is on this host already; nothing was changed. To make this host a "
            f"member of it: wand --control {path} invite | wand init --join -. To make another network here, call it "
            f"something else: {otherwise}"
        )
    raise MembershipRefused(
        f"the node of this host is in the network {said} already; nothing was changed. To let other hosts into it, use "
        f"wand invite on its server, or on the node that founded it. To make another network here, call it something "
        f"else: {otherwise}"
    )


async def _hasNetwork(session: Session, role: Role) -> bool:
    """
    Is the program that is to make a network in one already?  It keeps that one.
    """
    _, ours = await _ownOf(session, _SOCKETS[role])
    with suppress(OSError):
        return bool(ours and ours.network) or Path(STATE, role.name, _KEPT[role]).exists()
    return False


async def _ownOf(session: Session, sockets: Sequence[str]) -> tuple[str, OwnStatus | None]:
    """
    What the first program that answers at one of these sockets says of itself, and which socket that is.
    """
    for path in filter(isThere, sockets):
        with suppress(WandError):
            client = await session.another(path)
            try:
                return path, (await client.status()).own
            finally:
                client.close()
    return "", None


def _prefixApartFrom(prefix: str) -> str:
    """
    A prefix for a new network, if the usual one overlaps with that of another; empty if it does not.
    """
    from wand.config import ServerConfiguration
    from wand.host.routes import Route, alternative, routes

    usual = ip_network(ServerConfiguration().prefix)
    theirs = ip_network(prefix or "::/0")
    if not isinstance(theirs, IPv4Network) or not isinstance(usual, IPv4Network) or not theirs.overlaps(usual):
        return ""
    return str(alternative(usual, [*routes(), Route(theirs, "")]) or "")
