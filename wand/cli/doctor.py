"""
The command that finds what is wrong on this host: C{doctor}.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Final

import click

from wand.cli.arguments import jsonOption
from wand.cli.outcome import Outcome
from wand.cli.rendering import clean, showJSON, working
from wand.cli.session import Operation, Session
from wand.doctor.examination import examine
from wand.doctor.findings import BAD, GOOD, UNKNOWN, WARNING, Finding
from wand.doctor.machine import Machine
from wand.readings.examined import examined

_MARKS: Final = {GOOD: "ok", UNKNOWN: "?", WARNING: "warn", BAD: "BAD"}
_STYLES: Final = {GOOD: "green", UNKNOWN: "bright_black", WARNING: "yellow", BAD: "red"}

#: How wide the names of checks are, and a line.
_NAMES: Final = 21
_WIDTH: Final = 80


class SomethingIsWrong(Outcome):
    """
    C{wand doctor} found something that does not work; what it is has been printed.
    """

    exit_code = 1


@click.command()
@jsonOption
def doctor(asJSON: bool) -> Operation:
    """Find what is wrong on this host, and show the command that repairs it.

    Look at the program if one runs, at its network, and at the host: clock, tap, firewall, filters, routes, disk,
    permissions and versions. Nothing is changed. The exit status is 1 if something does not work.
    """

    async def run(session: Session) -> None:
        with working("looking at everything"):
            findings = list(examine(Machine(), await examined(session.client), session.now))
        if asJSON:
            showJSON(findings)
        else:
            _show(findings)
        wrong = sum(each.verdict == BAD for each in findings)
        if wrong:
            raise SomethingIsWrong(f"{wrong} of {len(findings)} checks found something that does not work")

    return Operation(run)


def _show(findings: Sequence[Finding]) -> None:
    for each in findings:
        mark = click.style(f"{_MARKS[each.verdict]:<5}", fg=_STYLES[each.verdict], bold=each.verdict == BAD)
        lines = textwrap.wrap(clean(each.text), _WIDTH - _NAMES - 5) or [""]
        click.echo(f"{mark}{each.check:<{_NAMES}}{lines[0]}")
        for line in lines[1:]:
            click.echo(f"{'':<{_NAMES + 5}}{line}")
        if each.repair and each.verdict != GOOD:
            click.echo(f"{'':<{_NAMES + 5}}-> {clean(each.repair)}")
