"""
What C{wand status} shows to people.
"""

from __future__ import annotations

import click

from wand.cli.own import ownLines
from wand.cli.rendering import LABEL_WIDTH, ago, clean, duration, line
from wand.health.origin import OURS
from wand.status import DirectoryStatus, ProgramStatus, TapStatus, UsedStatus

#: How a directory's state looks on a terminal.
_STATE_COLOURS = {"answered": "green", "fixed": "green", "asking": "yellow", "silent": "red"}

#: Kinds of plugins that are named elsewhere, and what is written before the others.
_NAMED = ("driver", "protocol", "directory")
_LABELS = {"frame-service": "services", "candidate-source": "sources", "hook": "hooks"}


def showStatus(status: ProgramStatus, now: float) -> None:
    """
    Print a program's status, in groups.
    """
    lines = [
        click.style(f"wand {status.role}", bold=True) + f", version {clean(status.version)}, process {status.pid}",
        line("up", duration(now - status.started)),
        line("protocol", status.protocol),
        line("listening", status.listening),
        line("settings", status.configuration),
    ]
    if status.tap is not None:
        lines += ["", *_tapLines(status.tap)]
    if status.own is not None:
        lines += ["", *ownLines(status.own, now, status.relay)]
    lines += ["", *_tableLines(status)]
    if status.directories:
        lines += ["", click.style("Directories", bold=True)]
        lines += [_directoryLine(each, now) for each in status.directories]
    plugins = _pluginLines(status.plugins)
    if plugins:
        lines += ["", click.style("Plugins", bold=True), *plugins]
    if status.notes:
        lines += ["", click.style("Notes", bold=True), *(f"  {clean(note)}" for note in status.notes)]
    click.echo("\n".join(lines))


def _pluginLines(plugins: list[UsedStatus]) -> list[str]:
    """
    A line for each kind.  Drivers, protocols and directories have been named; they are named again if they are somebody
    else's, or have failed.
    """
    shown: dict[str, list[str]] = {}
    for each in plugins:
        isTheirs = not f"{each.distribution} ".startswith(f"{OURS} ")
        if each.kind not in _NAMED or isTheirs or each.failures or each.timeouts:
            shown.setdefault(each.kind, []).append(_pluginText(each, isTheirs))
    return [line(_LABELS.get(kind, kind), ", ".join(texts)) for kind, texts in shown.items()]


def _pluginText(plugin: UsedStatus, isTheirs: bool) -> str:
    facts = [clean(plugin.distribution)] if isTheirs else []
    if plugin.failures:
        facts.append(f"failed {_times(plugin.failures)}")
    if plugin.timeouts:
        facts.append(f"silent {_times(plugin.timeouts)}")
    return clean(plugin.name) + (f" ({', '.join(facts)})" if facts else "")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _tapLines(tap: TapStatus) -> list[str]:
    return [
        click.style("Interface", bold=True),
        line("name", f"{clean(tap.interface)} ({clean(tap.driver)})"),
        line("mac", tap.mac),
        line("mtu", str(tap.mtu)),
        line("addresses", ", ".join(tap.addresses)),
        line("features", "; ".join(tap.features)),
    ]


def _tableLines(status: ProgramStatus) -> list[str]:
    drops = click.style(f"{status.drops} (wand counters shows why)", fg="yellow") if status.drops else "0"
    return [
        click.style("Registry" if status.role == "server" else "Table", bold=True),
        line("entries", str(status.entries)),
        *([] if status.role == "server" else [line("peers", str(status.peers))]),
        f"  {'drops':<{LABEL_WIDTH}}{drops}",
    ]


def _directoryLine(directory: DirectoryStatus, now: float) -> str:
    state = click.style(clean(directory.state), fg=_STATE_COLOURS.get(directory.state))
    entries = f"{directory.entries} {'entry' if directory.entries == 1 else 'entries'}"
    if directory.members is not None:
        entries = f"knows {directory.entries:,} of {directory.members:,} members: this node follows those that it uses"
    if directory.state == "fixed":
        return f"  {clean(directory.name)}: {state}, {entries}"
    answered = "never answered" if directory.answered is None else f"last answered {ago(now - directory.answered)}"
    return f"  {clean(directory.name)}: {state}, {entries}, {answered}"
