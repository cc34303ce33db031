"""
Which control socket a command uses.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from wand.control.path import REMOVED
from wand.errors import NotRunning

#: Where programs keep their control sockets unless they are told otherwise; the first that exists is used.
DEFAULTS: Final = ("/run/wand/node.sock", "/run/wand/server.sock", "/run/wand/etud.sock")

#: Those of them that a node may have.
NODES: Final = (DEFAULTS[0], DEFAULTS[2])

#: Those that a server may have.
SERVERS: Final = (DEFAULTS[1],)


def choose(named: str | None, defaults: tuple[str, ...] = DEFAULTS) -> str:
    """
    The path of the control socket.

    @param named: what the operator named, if anything.
    @raise NotRunning: if nothing was named and there is none.
    """
    if named:
        return named
    found = [path for path in defaults if isThere(path)]
    if not found:
        raise NotRunning(
            f"nothing runs here: none of {', '.join(defaults)} exists; {_start()}, or name a control socket with "
            f"--control. {REMOVED}"
        )
    if len(found) > 1:
        others = ", ".join(found[1:])
        click.echo(f"wand: this is {found[0]}; there is also {others} (choose with --control)", err=True)
    return found[0]


def isThere(path: str) -> bool:
    """
    Is there a socket, as far as we may know?
    """
    try:
        return Path(path).exists()
    except PermissionError:  # a directory that we may not look into: connecting says so better
        return True


def _start() -> str:
    from wand.setup.host import Host  # not needed where a program is found
    from wand.setup.present import advice, presentRoles

    host = Host()
    roles = presentRoles(host)
    return advice(host, roles) if roles else "start a node"
