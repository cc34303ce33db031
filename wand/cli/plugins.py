"""
The command that lists plugins and shows their settings: C{plugins}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Final

import click

from wand.cli.arguments import jsonOption
from wand.cli.rendering import Grid, clean, line, sentence, showGrid, showJSON
from wand.cli.session import Operation, Session
from wand.errors import ConfigurationInvalid, NoSuchPlugin
from wand.health.installed import normalized
from wand.nearest import nearest
from wand.plain_file import unreadable
from wand.plugin_status import PluginDescription, PluginStatus, SettingStatus

#: Where a configuration may be that switches plugins off.
CONFIGURATIONS: Final = ("/etc/wand/node.toml", "/etc/wand/server.toml")


@click.command()
@click.argument("name", required=False)
@click.option(
    "--config",
    metavar="PATH",
    help="The configuration whose disabled-plugins count. [default: the first that exists of "
    f"{' and '.join(CONFIGURATIONS)}]",
)
@jsonOption
def plugins(name: str | None, config: str | None, asJSON: bool) -> Operation:
    """List the plugins, or show what one can be told."""

    async def run(session: Session) -> None:
        off = disabled(config)
        if name is None:
            _list(off, asJSON)
        else:
            _describe(name, off, asJSON)
        _leave()

    return Operation(run)


def _list(off: list[str], asJSON: bool) -> None:
    from wand.discovery.survey import survey

    with aside():
        found = survey(off)
    if asJSON:
        showJSON(found)
        return
    _show("Usable", [each for each in found if each.state == "usable"])
    click.echo()
    _show("Not usable", [each for each in found if each.state != "usable"])
    known = {each.name for each in found} | {normalized(each.distribution) for each in found}
    for name in off:
        if not {name, normalized(name)} & known:
            click.echo(f"disabled-plugins has {name!r}, and nothing is called so", err=True)


def _describe(name: str, off: list[str], asJSON: bool) -> None:
    from wand.discovery.survey import describe, survey

    with aside():
        found = describe(name, off)
        known = [] if found else survey(off)
    if not found:
        for odd in known:
            if odd.name == name:
                raise NoSuchPlugin(f"{name!r} of {odd.distribution or odd.where} cannot be found: {odd.reason}")
        close = nearest(name, [odd.name for odd in known])
        raise NoSuchPlugin(f"there is no plugin {name!r}" + (f"; did you mean {close!r}?" if close else ""))
    if asJSON:
        showJSON(found)
        return
    for number, each in enumerate(found):
        if number:
            click.echo()
        _showOne(each)


def _leave() -> None:
    """
    End here if a plugin began a thread: Python would wait for it.
    """
    if any(not each.daemon for each in threading.enumerate() if each is not threading.main_thread()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def disabled(config: str | None) -> list[str]:
    """
    What a configuration switches off.

    @param config: its file, or C{None} for the first that exists of L{CONFIGURATIONS}.
    @raise ConfigurationInvalid: if it cannot be read, or is not TOML.
    """
    import tomllib  # for which others need not wait

    from wand.config.reading import FORM

    path = config or next(filter(os.path.exists, CONFIGURATIONS), None)
    if path is None:
        return []
    try:
        names = tomllib.loads(Path(path).read_text(encoding="utf-8")).get("disabled-plugins", [])
    except OSError as error:
        raise ConfigurationInvalid(path, "", f"it {unreadable(error)}") from error
    except ValueError as error:
        raise ConfigurationInvalid(path, "", f"it is not TOML: {error}; {FORM}") from error
    return [each for each in names if isinstance(each, str)] if isinstance(names, list) else []


@contextmanager
def aside() -> Iterator[None]:
    """
    Let whatever the code of plugins prints meanwhile go to the standard error, from Python or past it.
    """
    sys.stdout.flush()
    with redirect_stdout(sys.stderr), _descriptorAside():
        yield
        sys.stderr.flush()


@contextmanager
def _descriptorAside() -> Iterator[None]:
    kept = -1
    with suppress(OSError):  # somebody closed one of them
        kept = os.dup(1)
        os.dup2(2, 1)
    try:
        yield
    finally:
        if kept >= 0:
            os.dup2(kept, 1)
            os.close(kept)


def _show(title: str, found: list[PluginStatus]) -> None:
    click.echo(click.style(f"{title}: {len(found)}", bold=True))
    if not found:
        return
    rows = [(each.kind, each.name, each.distribution, each.version) for each in found]
    if found[0].state == "usable":
        told = [(*row, each.about) for row, each in zip(rows, found, strict=True)]
        showGrid(Grid(("KIND", "NAME", "DISTRIBUTION", "VERSION", "ABOUT"), told))
        for each in found:
            if each.reason:
                click.echo(clean(f"{each.kind} {each.name}: {each.reason}"))
    else:
        why = [(*row, each.state, _reason(each)) for row, each in zip(rows, found, strict=True)]
        showGrid(Grid(("KIND", "NAME", "DISTRIBUTION", "VERSION", "STATE", "REASON"), why))


def _reason(plugin: PluginStatus) -> str:
    return f"{plugin.reason} ({plugin.where})" if plugin.state == "broken" else plugin.reason


def _showOne(told: PluginDescription) -> None:
    plugin = told.plugin
    click.echo(click.style(f"{plugin.kind} {clean(plugin.name)}", bold=True))
    state = plugin.state + (f": {plugin.reason}" if plugin.reason else "")
    of = f"{plugin.distribution} {plugin.version}".strip()
    click.echo(line("about", plugin.about))
    click.echo(line("of", of))
    click.echo(line("where", plugin.where))
    click.echo(line("state", state))
    click.echo(line("settings", told.key if told.settings else _noSettings(told)))
    if told.settings:
        click.echo(f"\n{sentence(clean(told.documentation))}\n" if told.documentation else "")
        showGrid(Grid(("SETTING", "TYPE", "DEFAULT", "MEANING"), [_row(each) for each in told.settings]))


def _noSettings(told: PluginDescription) -> str:
    if told.settings is None:
        return "its author does not say" if told.plugin.state in ("usable", "unusable") else "not known"
    return "none"


def _row(setting: SettingStatus) -> tuple[str, str, str, str]:
    default = "required" if setting.required else "" if setting.default is None else json.dumps(setting.default)
    return setting.name, setting.type, default, setting.about
