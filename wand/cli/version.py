"""
The command C{version}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import click

from wand.cli.arguments import jsonOption
from wand.cli.rendering import clean, showJSON
from wand.cli.session import Operation, Session
from wand.errors import NotSupported
from wand.status import Status
from wand.version import __version__

#: How many members are named of each kind.
NAMED_MAXIMUM: Final = 20

#: What a version begins with.
_NUMBERS: Final = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})*")


class ComparedVersions(Status, frozen=True):
    """
    The versions of a network.

    @ivar command: that of this command.
    @ivar program: that of the program that was asked.
    @ivar older: whose are older than the program's, with their versions; empty for a version before 0.2.
    @ivar newer: whose are newer.
    @ivar unknown: of whom nothing is known.
    """

    command: str
    program: str
    older: dict[str, str]
    newer: dict[str, str]
    unknown: list[str]


@click.command()
@click.option("--check", is_flag=True, help="Say which members are older or newer than the program, and what to do.")
@jsonOption
def version(check: bool, asJSON: bool) -> Operation | None:
    """Show the version, or compare those of the members.

    Nobody outside the network is asked. The exit status is 1 if the program should be updated, or restarted because it
    is older than this command.
    """
    if not check:
        showJSON({"command": __version__}) if asJSON else click.echo(f"wandaemon {__version__}")
        return None

    async def run(session: Session) -> None:
        found = await _compared(session)
        if asJSON:
            showJSON(found)
        else:
            for line in _told(found):
                click.echo(line)
        if found.newer or _numbers(found.program) < _numbers(found.command):
            click.get_current_context().exit(1)

    return Operation(run)


async def _compared(session: Session) -> ComparedVersions:
    client = await session.client()
    status = await client.status()
    try:
        seen = [each async for each in client.seen()]
    except NotSupported:
        seen = []
    # A server tells its version to those who ask it, and then has a line among the directories.
    asked = sum(bool(each.version) for each in status.directories)
    silent = [each for each in seen if each.server and not each.version]
    told = [each for each in seen if each not in silent or asked < len(silent)]
    versions = {each.name or each.key: each.version for each in told if each.state in ("", "member")}
    versions |= {each.name: each.version for each in status.directories if each.version}
    program = _numbers(status.version)
    known = {name: said for name, said in versions.items() if said}
    return ComparedVersions(
        command=__version__,
        program=status.version,
        older={name: said for name, said in known.items() if _numbers(said) < program},
        newer={name: said for name, said in known.items() if _numbers(said) > program},
        unknown=[name for name, said in versions.items() if not said],
    )


def _told(found: ComparedVersions) -> Iterable[str]:
    yield f"this program has version {clean(found.program)}, this command {found.command}"
    if _numbers(found.program) < _numbers(found.command):
        yield "the program is older than what is installed: restart it"
    if found.newer:
        yield f"newer: {_listed(found.newer)}"
        yield "update this program, servers before nodes: see docs/operating/backup, Upgrade"
    if found.older:
        yield f"older: {_listed(found.older)}"
        yield "update them, servers before nodes; until then they do without what came later"
    if found.unknown:
        names = dict.fromkeys(found.unknown, "")
        yield f"not known: {_listed(names)}"
        yield "they were not heard since this program started, or have a version before 0.2"
    if not (found.newer or found.older or found.unknown):
        yield "all members have this version"


def _listed(versions: dict[str, str]) -> str:
    shown = [f"{clean(name)} {clean(said)}" if said else clean(name) for name, said in sorted(versions.items())]
    more = len(shown) - NAMED_MAXIMUM
    return ", ".join(shown[:NAMED_MAXIMUM]) + (f" and {more} more" if more > 0 else "")


def _numbers(text: str) -> tuple[int, ...]:
    """
    What of a version is compared: C{0.2.0.dev1} and C{0.2.0} understand each other.
    """
    found = _NUMBERS.match(text)
    return tuple(int(each) for each in found[0].split(".")) if found else ()
