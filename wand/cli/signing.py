"""
The commands for a network whose key is kept off the server: C{requests}, C{sign} and C{import-signatures}.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from wand.cli.confirmation import confirm, yesOption
from wand.cli.durations import inSeconds
from wand.cli.files import readDocument, readSecret
from wand.cli.rendering import clean, shortKey
from wand.cli.session import Operation, Session

if TYPE_CHECKING:
    from wand.sealed.authority.signing_review import Review


@click.command()
def requests() -> Operation:
    """Print the requests that wait for a signature of the network key.

    Take the document to the machine that has the key, and run wand sign there.
    """

    async def run(session: Session) -> None:
        click.echo(await (await session.client()).requests(), nl=False)

    return Operation(run)


@click.command()
@click.argument("file", metavar="REQUESTS")
@click.option("--key", "keyFile", required=True, metavar="FILE", help="The network key; only you may read the file.")
@click.option(
    "--life",
    callback=inSeconds,
    metavar="DURATION",
    help="How long certificates are valid: 12h, 30d; without it, as long as requested.",
)
@yesOption
def sign(file: str, keyFile: str, life: int | None, yes: bool) -> None:
    """Sign what wand requests printed.

    Show the requests, ask, and print the signatures. This needs no running program and no network.
    """
    import msgspec

    from wand.sealed.authority.offline_signing import Requests, Signatures, signedOffline
    from wand.sealed.authority.signing_review import reviews
    from wand.sealed.credentials.identity import NetworkKey

    key = NetworkKey.parse(readSecret(keyFile))
    document = readDocument(file)
    now = time.time()
    signatures = signedOffline(document, key, now, life)
    found = msgspec.json.decode(document, type=Requests)
    if found.certificates or found.revocations:
        signed = msgspec.json.decode(signatures, type=Signatures)
        click.echo("\n".join(_described(found.network, reviews(found, signed, key.network, now))), err=True)
        confirm("Sign this?", yes=yes)
    click.echo(signatures, nl=False)


@click.command("import-signatures")
@click.argument("file", metavar="SIGNATURES")
def importSignatures(file: str) -> Operation:
    """Import into the server the signatures that wand sign printed."""
    document = readDocument(file)

    async def run(session: Session) -> None:
        taken = await (await session.client()).importSignatures(document)
        click.echo(f"imported {taken} {'signature' if taken == 1 else 'signatures'}")

    return Operation(run)


def _described(network: str, found: list[Review]) -> Iterator[str]:
    yield f"For the network {shortKey(network)}:"
    for review in found:
        yield f"\n  {review.title}"
        yield from (f"    {label:<15}{clean(text)}" for label, text in review.lines)
        yield from (click.style(f"    ! {clean(warning)}", fg="yellow") for warning in review.warnings)
    unusual = sum(bool(review.warnings) for review in found)
    yield f"\n{len(found)} to sign, {unusual} of them with something unusual (!)."
