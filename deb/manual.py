"""
The manual pages, made from the commands, the options and the configuration that they describe.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from deb.roff import Page, bold, slanted
from wand.cli.later import LaterCommand
from wand.cli.main import cli
from wand.config import Configuration, NodeConfiguration, ServerConfiguration, fields
from wand.setup.service import BEGINNING
from wand.setup.units import NODE, ROLES, SERVER, Role
from wand.twistd import node, server
from wand.twistd.options import ProgramOptions
from wand.version import __version__

_OPTIONS: Final[dict[str, type[ProgramOptions]]] = {NODE.name: node.Options, SERVER.name: server.Options}
_CONFIGURATIONS: Final[dict[str, type[Configuration]]] = {
    NODE.name: NodeConfiguration,
    SERVER.name: ServerConfiguration,
}
_ABOUT: Final = {
    "node": "one port of a multipoint Ethernet VPN",
    "server": "the directory server of a WanDaemon network",
}
_SEE: Final = ("wand(1)", "wand.toml(5)", "wand-node(8)", "wand-server(8)")


def pages() -> Iterator[Page]:
    """
    Make every page.
    """
    yield commandPage()
    yield configurationPage()
    for role in ROLES.values():
        yield programPage(role)


def write(folder: Path) -> list[Path]:
    """
    Write every page into a directory, which is made.

    @return: the files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for page in pages():
        written.append(folder / f"{page.name}.{page.section}")
        written[-1].write_text(page.text())
    return written


def commandPage() -> Page:
    """
    Make wand(1).
    """
    page = Page("wand", 1, "inspect and change a running node or server of a WanDaemon network", __version__)
    context = click.Context(cli, info_name="wand")
    page.heading("Synopsis")
    page.line(f"{bold('wand')} [{slanted('OPTION')}]... {slanted('COMMAND')} [{slanted('ARGUMENT')}]...")
    page.heading("Description")
    page.paragraphs(
        f"{cli.help}\n\nwand init leads a host into a network, step by step; with wand init --join FILE it becomes a "
        "member, where FILE has the invitation that wand invite printed. Commands that show something, or "
        "change a member, take --json, for scripts."
    )
    page.heading("Options")
    _parameters(page, cli, context)
    page.heading("Commands")
    for name in cli.list_commands(context):
        _command(page, cli.commands[name], context)
    page.heading("Exit status")
    page.paragraphs(
        "0 if it was done, 1 if it could not be, with the reason on the standard error, and 2 if the command line is "
        "wrong."
    )
    page.heading("Environment")
    page.item(bold("WAND_CONTROL"), "The program's control socket, as --control.")
    _files(page)
    _see(page)
    return page


def _command(page: Page, command: click.Command, above: click.Context) -> None:
    loaded = command.load() if isinstance(command, LaterCommand) else command
    context = click.Context(loaded, info_name=command.name, parent=above)
    page.subheading(context.get_usage().removeprefix("Usage: ").replace("\n", " "))
    page.paragraphs((loaded.help or loaded.short_help or "").replace("\b", ""))
    _parameters(page, loaded, context)
    if isinstance(loaded, click.Group):
        for each in loaded.commands.values():
            _command(page, each, context)


def _parameters(page: Page, command: click.Command, context: click.Context) -> None:
    for each in command.get_params(context):
        record = each.get_help_record(context)
        if record is not None and record[1] and "--help" not in each.opts:
            page.item(bold(record[0]), record[1])


def programPage(role: Role) -> Page:
    """
    Make the page of a program that C{twistd} runs.
    """
    options = _OPTIONS[role.name]
    page = Page(role.program, 8, _ABOUT[role.name], __version__)
    page.heading("Synopsis")
    page.line(f"{bold('twistd -n --pidfile= ' + role.program)} [{slanted('OPTION')}]...")
    page.line(bold(f"systemctl start {role.unit}"))
    page.heading("Description")
    page.paragraphs(
        f"{options.longdesc}\n\nAs a service it is set up by wand setup {role.name}, and reads {role.configuration}. "
        f"How it is, says wand status; what it did, journalctl -u {role.unit}."
    )
    page.heading("Options")
    for name, short, _default, text, *_ in options.optParameters:
        letter = f"{bold('-' + short)}, " if short else ""
        page.item(f"{letter}{bold('--' + name + '=')}", text)
    page.item(bold("--version"), "Print the version, and end.")
    page.heading("Signals")
    page.item(bold("SIGHUP"), "Read the configuration again, as wand reload does.")
    page.item(bold("SIGTERM"), "End.")
    _files(page)
    _see(page)
    return page


def configurationPage() -> Page:
    """
    Make wand.toml(5).
    """
    page = Page("wand.toml", 5, "configuration of a node and of a server of a WanDaemon network", __version__)
    page.heading("Synopsis")
    for role in ROLES.values():
        page.line(slanted(role.configuration))
    page.heading("Description")
    page.paragraphs(
        "Each program reads a file in the language TOML. Each key that is not a table is also an option of the "
        "program, which wins. An unknown key is refused, with the file, the key and the reason. wand reload picks up "
        "what can change while the program runs, and says what waits for a restart."
    )
    for role in ROLES.values():
        page.heading(f"Keys of {role.name}.toml")
        for name, kind, text, default in fields(_CONFIGURATIONS[role.name]):
            page.item(f"{bold(name)} = {slanted(kind)}", text + _default(default))
    page.heading("Examples")
    for text in BEGINNING.values():
        page.example(text.splitlines())
    _see(page)
    return page


def _default(default: object) -> str:
    if isinstance(default, bool):
        return f" [default: {'yes' if default else 'no'}]"
    return "" if default in (None, "", [], {}) else f" [default: {default}]"


def _files(page: Page) -> None:
    page.heading("Files")
    for role in ROLES.values():
        page.item(slanted(role.configuration), f"The configuration of the {role.name}, see wand.toml(5).")
        page.item(slanted(f"/run/wand/{role.name}.sock"), f"The control socket of the {role.name}.")
        page.item(slanted(f"/var/lib/wand/{role.name}"), f"What the {role.name} keeps: its key, and its membership.")


def _see(page: Page) -> None:
    page.heading("See also")
    page.line(", ".join(each for each in _SEE if each != f"{page.name}({page.section})"))
