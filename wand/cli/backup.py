"""
The commands C{backup} and C{restore}.
"""

from __future__ import annotations

import os
import pwd
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wand.cli.files import FileRefused, newSecretFile, readArchive
from wand.cli.session import Operation, Session
from wand.config import STATE

if TYPE_CHECKING:
    from wand.backup.archive import Archive
    from wand.state import Owner

_SECRET = "it has the keys: keep it as you would keep a password"


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--state", metavar="DIR", help="The state directory, whether or not a program uses it.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
def backup(file: str, state: str | None, force: bool) -> Operation | None:
    """Back up everything that the program keeps into one file.

    Back up a running program, or with --state one that may be stopped. The file contains the keys, so only you can
    read it.
    """
    if state is not None:
        _make(file, Path(state), None, force=force)
        return None

    async def run(session: Session) -> None:
        status = await (await session.client()).status()
        if not status.state:
            raise FileRefused("this program keeps nothing")
        _make(file, Path(status.state), Path(status.store) if status.store else None, force=force)

    return Operation(run)


@click.command()
@click.argument("file", metavar="FILE")
@click.option("--state", metavar="DIR", help=f"The state directory. [default: node or server in {STATE}]")
@click.option("--user", metavar="NAME", help="The user who will own the files. [default: the owner of the directory]")
@click.option("--force", is_flag=True, help="Move aside what is there instead of refusing.")
@click.pass_obj
def restore(control: object, /, file: str, state: str | None, user: str | None, force: bool) -> None:
    """Restore a backup that wand backup wrote.

    The program must be stopped. The backup is checked before anything is changed.
    """
    from wand.backup import restoring

    if state is None and isinstance(control, str) and control:
        raise click.UsageError("a control socket does not say where to restore to: name the directory with --state")
    archive = _parsed(file)
    role = archive.manifest.role
    other = "node" if role == "server" else "server"
    path = Path(state or f"{STATE}/{role}").absolute()
    _checkNotOf(other, path, f"{file} is the backup of a {role}")
    aside = restoring.restore(archive, path, _owner(path, user), force=force)
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(archive.manifest.made))
    click.echo(f"restored the state of a {role}, as it was at {made}, into {path}")
    if aside is not None:
        click.echo(f"what was there is in {aside}")
    click.echo(_advice(archive))
    if Path(STATE, other).is_dir() and path == Path(STATE, role):
        click.echo(f"this host has a {other}, too, in {STATE}/{other}: the {role} is a program beside it")


def _parsed(file: str) -> Archive:
    from wand.backup.archive import Archive, BackupInvalid

    try:
        return Archive.parse(readArchive(file))
    except BackupInvalid as error:
        raise BackupInvalid(f"{file}: {error}") from None


def _checkNotOf(other: str, path: Path, what: str) -> None:
    """
    See that a directory is not where the other program keeps its state.

    @param what: what is to be restored there, for people.
    """
    from wand.backup.archive import BackupInvalid
    from wand.backup.restoring import roleAt

    if path == Path(STATE, other) or roleAt(path) == other:
        raise BackupInvalid(
            f"{what}, and {path} is where a {other} keeps its state; nothing was changed: name another directory with "
            "--state, or leave that out for the usual one"
        )


def _make(file: str, state: Path, database: Path | None, *, force: bool) -> None:
    from wand.backup.making import backupOf

    archive = backupOf(state, time.time(), database)
    newSecretFile(file, archive.packed(), force=force)
    click.echo(f"{file} has the state of this {archive.manifest.role}; {_SECRET}")


def _owner(path: Path, user: str | None) -> Owner:
    from wand.state import UNCHANGED, Owner

    if user is not None:
        try:
            found = pwd.getpwnam(user)
        except KeyError:
            raise click.BadParameter(f"there is no user {user}", param_hint="--user") from None
        return Owner(found.pw_uid, found.pw_gid)
    if os.geteuid() == 0 and path.is_dir():
        there = path.stat()
        return Owner(there.st_uid, there.st_gid)
    return UNCHANGED


def _advice(archive: Archive) -> str:
    if archive.manifest.role == "server":
        return "start the server; members that joined since are learned as they come: see wand members"
    return "start the node; see that no other host runs with the same state"
