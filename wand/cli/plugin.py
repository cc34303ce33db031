"""
The commands for authors of plugins: C{plugin new} and C{plugin check}.
"""

from __future__ import annotations

from pathlib import Path

import click

from wand.cli.arguments import jsonOption
from wand.cli.outcome import Outcome
from wand.cli.rendering import showJSON
from wand.discovery.kinds import GROUPS


class NotGood(Outcome):
    """
    C{wand plugin check} found something; what it is has been printed.
    """

    exit_code = 1


@click.group()
def plugin() -> None:
    """Begin a package of plugins, or check one."""


@plugin.command()
@click.argument("kind", type=click.Choice([*GROUPS]))
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to put it. [default: wand-NAME, here]")
@click.option(
    "--into",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="The package to add it to; where there is none, one is begun that is called as the folder is.",
)
def new(kind: str, name: str, folder: Path | None, into: Path | None) -> None:
    """Write a package with a plugin that works, and with tests that pass; or add such a plugin to a package."""
    from wand.authoring.adding import add
    from wand.authoring.making import make

    if folder and into:
        raise click.UsageError("--folder begins a package, --into adds to one: only one of them can be meant")
    where = into or folder or Path(f"wand-{name.removeprefix('wand-')}")
    for path in add(kind, name, where) if into else make(kind, name, where):
        click.echo(str(path))
    click.echo(f"\nNext: cd {where}; pip install -e '.[dev]'; wand plugin check .", err=True)


@plugin.command()
@click.argument("path", type=click.Path(exists=True, file_okay=False, path_type=Path), default=".")
@jsonOption
def check(path: Path, asJSON: bool) -> None:
    """Check a package: how it is published, its wheel, what is found, its tests and its types."""
    from wand.authoring.checking import check as checked

    found = []
    for each in checked(path.resolve()):
        found.append(each)
        if not asJSON:
            style = {"fg": "green"} if each.good else {"fg": "red", "bold": True}
            click.echo(f"{click.style('good' if each.good else 'BAD ', **style)}  {each.check:<11}{each.text}")
    if asJSON:
        showJSON(found)
    if not all(each.good for each in found):
        raise NotGood("this package is not as it should be")
