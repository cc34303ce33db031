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


@click.group()
def deb() -> None:
    """Build a package for Debian, or the root of a container."""


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("dist"))
@click.option("--revision", type=click.IntRange(1), default=1, help="The last part of the version.", show_default=True)
def build(folder: Path, revision: int) -> None:
    """Build the package into FOLDER."""
    with TemporaryDirectory() as made:
        root = Path(made) / "root"
        root.mkdir()
        tree.fill(root, lambda step: click.echo(f"{step} ...", err=True))
        click.echo("packing ...", err=True)
        click.echo(pack(root, folder, revision))


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path))
def root(folder: Path) -> None:
    """Write the root of a container into FOLDER, with what it needs of this Debian."""
    folder.mkdir(parents=True)
    image.fill(folder, lambda step: click.echo(f"{step} ...", err=True))


@deb.command()
@click.argument("folder", type=click.Path(path_type=Path))
def pages(folder: Path) -> None:
    """Write the manual pages and the completions below FOLDER, such as /usr/local."""
    for page in manual.pages():
        place = folder / f"share/man/man{page.section}"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{page.name}.{page.section}").write_text(page.text())
    completions.write(folder)


if __name__ == "__main__":
    try:
        deb(prog_name="python -m deb")
    except WandError as error:
        click.echo(f"deb: {error}", err=True)
        sys.exit(1)
