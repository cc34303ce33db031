"""
A program that is started in the background, where a command needs one and none runs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, TYPE_CHECKING, Final

import click

from wand.cli.session import Session
from wand.cli.sockets import NODES, SERVERS, isThere
from wand.errors import REASON_VARIABLE, NotRunning
from wand.sealed.credentials.token_text import TOKEN_VARIABLE
from wand.setup.units import NODE, SERVER, Role

if TYPE_CHECKING:
    from wand.control.client import ControlClient
    from wand.status import OwnStatus

#: Seconds for it to start.
PATIENCE: Final = 30.0

#: Seconds between two looks whether it did.
_INTERVAL: Final = 0.05

#: Seconds for its reason to arrive once twistd has said that it failed.
_REASON_PATIENCE: Final = 2.0

#: How twistd says why one in the background does not start, cut after 98 octets.
_TOLD: Final = re.compile(r"^An error has occurred: (?:b?['\"])?(?:[\w.]+: )?(.*?)['\"]?$", re.MULTILINE)


async def nodeOf(session: Session, configuration: Path = Path(NODE.configuration)) -> ControlClient:
    """
    The connection to the node of this host, which is started if none runs.

    @raise NotRunning: if it does not start, or nothing runs where the operator said.
    """
    return await _runningOf(session, NODE, configuration, NODES)


async def serverOf(session: Session, configuration: Path = Path(SERVER.configuration)) -> ControlClient:
    """
    The connection to the server of this host, which is started if none runs.

    @raise NotRunning: if it does not start, or nothing runs where the operator said.
    """
    return await _runningOf(session, SERVER, configuration, SERVERS)


async def ownOf(session: Session, client: ControlClient) -> OwnStatus | None:
    """
    How a server stands in its network, once it has read its store and listens; C{None} if it has no members, or is not
    so far in time.
    """
    began, status = session.elapsed, await client.status()
    while status.own is None and not status.listening and session.elapsed - began < PATIENCE:
        await session.sleep(_INTERVAL)
        status = await client.status()
    return status.own


async def _runningOf(session: Session, role: Role, configuration: Path, usual: tuple[str, ...]) -> ControlClient:
    if session.isChosen:
        return await session.client()
    control = _controlOf(configuration, usual[0])
    for path in (control, *usual):
        with suppress(NotRunning):
            if isThere(path):
                return await session.client(path)
    await start(session, role, configuration, control)
    try:
        client = await session.client(control)
        await client.status()
    except NotRunning:  # its socket was there, and then it found that it cannot go on
        raise NotRunning(
            f"the {role.name} started and ended at once; the system log says why, and so does "
            f"{Path(sys.executable).parent / 'twistd'} -n --pidfile= {role.program}"
        ) from None
    click.echo(
        f"wand: started a {role.name} in the background; it writes to the system log, and wand stop ends it", err=True
    )
    return client


async def start(session: Session, role: Role, configuration: Path, control: str) -> None:
    """
    Start a program, and wait until it runs.

    @param control: where its control socket will be.
    @raise NotRunning: if it does not, with the reason.
    """
    with TemporaryFile("w+") as output, TemporaryDirectory(prefix="wand-") as directory:
        reason = Path(directory) / "reason"
        twistd = _begun(role, configuration, output, reason)
        try:
            await session.within(PATIENCE, _ended(session, twistd))
            if not twistd.returncode:
                await session.within(PATIENCE, _appeared(session, control))
        except BaseException:  # Ctrl-C, too: what twistd has forked does not end with it
            twistd.kill()
            twistd.wait()
            click.echo(f"wand: a {role.name} may have been started all the same; wand stop ends it", err=True)
            raise
        output.seek(0)
        if twistd.returncode:
            root = "" if os.geteuid() == 0 else "; run this command as root"
            raise NotRunning(f"{_none(role)}: {await _reason(session, reason, output.read())}{root}")


def _begun(role: Role, configuration: Path, output: IO[str], reason: Path) -> subprocess.Popen[str]:
    twistd = Path(sys.executable).parent / "twistd"
    named = ("--config", str(configuration)) if isThere(str(configuration)) else ()
    options = ("--pidfile=", "--rundir=/", "--umask=022", "--syslog", f"--prefix={role.program}")
    try:
        return subprocess.Popen(
            (str(twistd), *options, role.program, *named),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            text=True,
            # The token is for the command: the node would redeem it itself, and keep it for its life.
            env={name: value for name, value in os.environ.items() if name != TOKEN_VARIABLE}
            | {REASON_VARIABLE: str(reason)},
        )
    except OSError as error:
        raise NotRunning(f"{_none(role)}: {error}") from error


async def _ended(session: Session, program: subprocess.Popen[str]) -> None:
    while program.poll() is None:
        await session.sleep(_INTERVAL)


async def _appeared(session: Session, control: str) -> None:
    while not isThere(control):
        await session.sleep(_INTERVAL)


def _controlOf(configuration: Path, usual: str) -> str:
    """
    Where a program has its control socket; what is wrong with the file, it says itself.
    """
    import tomllib  # for which others need not wait

    try:
        named = tomllib.loads(configuration.read_text()).get("control")
    except (OSError, ValueError):
        named = None
    return named if isinstance(named, str) and named else usual


def _none(role: Role) -> str:
    return f"no {role.name} runs here, and none can be started"


async def _reason(session: Session, reason: Path, output: str) -> str:
    """
    Why it did not start.  What is no fault of the operator's, such as one of a plugin, twistd alone tells.
    """
    with suppress(NotRunning):
        return await session.within(_REASON_PATIENCE, _written(session, reason))
    told = _TOLD.search(output)
    return f"{told[1]} (the system log has all of it)" if told is not None else "it ended at once"


async def _written(session: Session, reason: Path) -> str:
    while True:
        with suppress(OSError):
            if text := reason.read_text():
                return text
        await session.sleep(_INTERVAL)
