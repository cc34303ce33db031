"""
A node that is started in the background, where a command needs one and none runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Final

import click

from wand.cli.session import Session
from wand.cli.sockets import NODES, isThere
from wand.errors import NotRunning
from wand.sealed.credentials.token_text import TOKEN_VARIABLE

if TYPE_CHECKING:
    from wand.control.client import ControlClient

#: The configuration that it gets, if there is one.
CONFIGURATION: Final = "/etc/wand/node.toml"

#: Seconds for it to start.
PATIENCE: Final = 30.0

#: Seconds between two looks whether it did.
_INTERVAL: Final = 0.05

_NONE: Final = "no node runs here, and none can be started"

#: How the program says why it does not start, and how twistd says it of one in the background, cut after 100 octets.
_SAID: Final = re.compile(r"^wand-node: (.+)$", re.MULTILINE)
_TOLD: Final = re.compile(r"^An error has occurred: (?:b?['\"])?(?:[\w.]+: )?(.*?)['\"]?$", re.MULTILINE)


async def nodeOf(session: Session, configuration: Path = Path(CONFIGURATION)) -> ControlClient:
    """
    The connection to the node of this host, which is started if none runs.

    @raise NotRunning: if it does not start, or nothing runs where the operator said.
    """
    if session.isChosen:
        return await session.client()
    control = _controlOf(configuration)
    for path in (control, *NODES):
        with suppress(NotRunning):
            if isThere(path):
                return await session.client(path)
    await startNode(session, configuration, control)
    click.echo("wand: started a node in the background; it writes to the system log, and wand stop ends it", err=True)
    return await session.client(control)


async def startNode(session: Session, configuration: Path, control: str) -> None:
    """
    Start a node, and wait until it runs.

    @param control: where its control socket will be.
    @raise NotRunning: if it does not, with the reason.
    """
    with TemporaryFile("w+") as output:
        twistd = _begun(configuration, output)
        try:
            await session.within(PATIENCE, _ended(session, twistd))
            if not twistd.returncode:
                await session.within(PATIENCE, _appeared(session, control))
        except BaseException:  # Ctrl-C, too: what twistd has forked does not end with it
            twistd.kill()
            twistd.wait()
            click.echo("wand: a node may have been started all the same; wand stop ends it", err=True)
            raise
        output.seek(0)
        if twistd.returncode:
            raise NotRunning(f"{_NONE}: {_reason(output.read())}")


def _begun(configuration: Path, output: IO[str]) -> subprocess.Popen[str]:
    twistd = Path(sys.executable).parent / "twistd"
    named = ("--config", str(configuration)) if isThere(str(configuration)) else ()
    options = ("--pidfile=", "--rundir=/", "--umask=022", "--syslog", "--prefix=wand-node")
    try:
        return subprocess.Popen(
            (str(twistd), *options, "wand-node", *named),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            # The token is for the command: the node would redeem it itself, and keep it for its life.
            env={name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE},
        )
    except OSError as error:
        raise NotRunning(f"{_NONE}: {error}") from error


async def _ended(session: Session, program: subprocess.Popen[str]) -> None:
    while program.poll() is None:
        await session.sleep(_INTERVAL)


async def _appeared(session: Session, control: str) -> None:
    while not isThere(control):
        await session.sleep(_INTERVAL)


def _controlOf(configuration: Path) -> str:
    """
    Where the node has its control socket; what is wrong with the file, the node says itself.
    """
    import tomllib  # for which others need not wait

    try:
        named = tomllib.loads(configuration.read_text()).get("control")
    except (OSError, ValueError):
        named = None
    return named if isinstance(named, str) and named else NODES[0]


def _reason(output: str) -> str:
    said, told = _SAID.search(output), _TOLD.search(output)
    root = "" if os.geteuid() == 0 else "; run this command as root"
    if said is not None:
        return f"{said[1]}{root}"
    return f"{told[1]} (the system log has all of it){root}" if told is not None else f"it ended at once{root}"
