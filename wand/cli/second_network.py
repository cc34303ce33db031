"""
A host that has a network already, of its other program: nobody makes a second one of the same name there unasked.
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
    Look at the other program of this host before a network is made.

    @param role: the program that is to make it.
    @param name: what it is to be called.
    @param otherwise: how another name is chosen.
    @return: the prefix that a node is to ask for, because the server's network has the usual one; else nothing.
    @raise MembershipRefused: if the other program has a network of that name, with what to do.
    """
    if session.isChosen or await _isOld(session, role):
        return ""
    path, theirs = await _ownOf(session, _SOCKETS[SERVER if role is NODE else NODE])
    if theirs is None or theirs.stage != "member":
        return ""
    if theirs.network != name:
        return _another(theirs.prefix) if role is NODE else ""
    said = clean(name)
    if role is NODE:
        raise MembershipRefused(
            f"the server of the network {said} is on this host already; nothing was changed. To make this host a "
            f"member of it: wand --control {path} invite | wand init --join -. To make another network here, call it "
            f"something else: {otherwise}"
        )
    raise MembershipRefused(
        f"the node of this host is in the network {said} already; nothing was changed. To let other hosts into that: "
        f"wand invite, at its server or the node that founded it. To make another network here, call it something "
        f"else: {otherwise}"
    )


async def _isOld(session: Session, role: Role) -> bool:
    """
    Has the program that would make a network one already?
    """
    _, ours = await _ownOf(session, _SOCKETS[role])
    with suppress(OSError):
        return bool(ours and ours.network) or Path(STATE, role.name, _KEPT[role]).exists()
    return False


async def _ownOf(session: Session, sockets: Sequence[str]) -> tuple[str, OwnStatus | None]:
    for path in filter(isThere, sockets):
        with suppress(WandError):
            client = await session.another(path)
            try:
                return path, (await client.status()).own
            finally:
                client.close()
    return "", None


def _another(prefix: str) -> str:
    from wand.config import ServerConfiguration
    from wand.host.routes import Route, alternative, routes

    usual = ip_network(ServerConfiguration().prefix)
    theirs = ip_network(prefix or "::/0")
    if not isinstance(theirs, IPv4Network) or not isinstance(usual, IPv4Network) or not theirs.overlaps(usual):
        return ""
    return str(alternative(usual, [*routes(), Route(theirs, "")]) or "")
