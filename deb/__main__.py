"""
Build the package, or a part of it: see L{deb}.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from deb import completions, image, manual, tree
from deb.build import pack
from wand.errors import WandError

_made = click.option(
    "--programs",
    "made",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Take the programs from there, where the command programs wrote them.",
)


@click.group()
def deb() -> None:
    """Build a package for Debian, or the root of a container."""


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("dist"))
@click.option("--revision", type=click.IntRange(1), default=1, help="The last part of the version.", show_default=True)
@_made
def build(folder: Path, revision: int, made: Path | None) -> None:
    """Build the package into FOLDER."""
    with TemporaryDirectory() as temporary:
        root = Path(temporary) / "root"
        root.mkdir()
        tree.fill(root, _tell, made)
        _tell("packing")
        click.echo(pack(root, folder, revision))


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_made
def root(folder: Path, made: Path | None) -> None:
    """Write the root of a container into FOLDER, with what it needs of this Debian."""
    folder.mkdir(parents=True)
    image.fill(folder, _tell, made)


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path))
def programs(folder: Path) -> None:
    """Write the programs alone into FOLDER, with what they need of PyPI, for a package and a container."""
    tree.make(folder.absolute(), _tell)


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path))
def pages(folder: Path) -> None:
    """Write the manual pages and the completions below FOLDER, such as /usr/local."""
    for page in manual.pages():
        place = folder / f"share/man/man{page.section}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{page.name}.{page.section}").write_text(page.text())
    completions.write(folder)


def _tell(step: str) -> None:
    click.echo(f"{step} ...", err=True)


if __name__ == "__main__":
    try:
        deb(prog_name="python -m deb")
    except WandError as error:
        click.echo(f"deb: {error}", err=True)
        sys.exit(1)
