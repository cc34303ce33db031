"""
A node that is started in the background, where a command needs one and none runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from wand.cli.session import Session
from wand.cli.sockets import NODES, isThere
from wand.errors import NotRunning

if TYPE_CHECKING:
    from wand.control.client import ControlClient

#: The configuration that it gets, if there is one.
CONFIGURATION: Final = "/etc/wand/node.toml"

#: Seconds for it to start.
PATIENCE: Final = 30.0

#: How the program says why it does not start, and how twistd says it of one in the background, cut after 100 octets.
_SAID: Final = re.compile(r"^wand-node: (.+)$", re.MULTILINE)
_TOLD: Final = re.compile(r"^An error has occurred: (?:b?['\"])?(?:[\w.]+: )?(.*?)['\"]?$", re.MULTILINE)


async def nodeOf(session: Session) -> ControlClient:
    """
    The connection to the node of this host, which is started if none runs.

    @raise NotRunning: if it does not start, or nothing runs where the operator said.
    """
    if session.isChosen or any(map(isThere, NODES)):
        try:
            return await session.client()
        except NotRunning:
            if session.isChosen:
                raise
    await session.inThread(startNode)
    click.echo("wand: started a node in the background; it writes to the system log, and wand stop ends it", err=True)
    return await session.client()


def startNode(configuration: Path = Path(CONFIGURATION)) -> None:
    """
    Start a node, and wait until it runs.

    @raise NotRunning: if it does not, with the reason.
    """
    twistd = Path(sys.executable).parent / "twistd"
    named = ("--config", str(configuration)) if configuration.exists() else ()
    options = ("--pidfile=", "--rundir=/", "--umask=022", "--syslog", "--prefix=wand-node")
    try:
        done = subprocess.run(
            (str(twistd), *options, "wand-node", *named),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotRunning(f"no node runs here, and none can be started: {error}") from error
    if done.returncode:
        raise NotRunning(f"no node runs here, and none can be started: {_reason(done.stderr + done.stdout)}")


def _reason(output: str) -> str:
    said, told = _SAID.search(output), _TOLD.search(output)
    root = "" if os.geteuid() == 0 else "; run this command as root"
    if said is not None:
        return f"{said[1]}{root}"
    return f"{told[1]} (the system log has all of it){root}" if told is not None else f"it ended at once{root}"
