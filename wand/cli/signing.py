"""
The commands for a network whose key is kept off the server: C{requests}, C{sign} and C{import-signatures}.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from wand.cli.asking import confirm, yesOption
from wand.cli.durations import inSeconds
from wand.cli.files import readDocument, readSecret
from wand.cli.rendering import clean, duration, shortKey
from wand.cli.session import Operation, Session

if TYPE_CHECKING:
    from wand.membership.offline import CertificateRequest, Requests


@click.command()
def requests() -> Operation:
    """Print what waits for a signature of the network key.

    The document goes to where the key is, and to wand sign.
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
    help="How long certificates are valid: 12h, 30d; else as long as is asked for.",
)
@yesOption
def sign(file: str, keyFile: str, life: int | None, yes: bool) -> None:
    """Sign what wand requests printed.

    Shows it, asks, and prints the signatures. It needs no running program and no network.
    """
    import msgspec

    from wand.membership.identity import NetworkKey
    from wand.membership.offline import Requests, signedOffline

    key = NetworkKey.parse(readSecret(keyFile))
    document = readDocument(file)
    signatures = signedOffline(document, key, time.time(), life)
    found = msgspec.json.decode(document, type=Requests)
    if found.certificates or found.revocations:
        click.echo("\n".join(_described(found, life or found.life)), err=True)
        confirm("Sign this?", yes=yes)
    click.echo(signatures, nl=False)


@click.command("import-signatures")
@click.argument("file", metavar="SIGNATURES")
def importSignatures(file: str) -> Operation:
    """Hand what wand sign printed over to the server."""
    document = readDocument(file)

    async def run(session: Session) -> None:
        taken = await (await session.client()).importSignatures(document)
        click.echo(f"took {taken} {'signature' if taken == 1 else 'signatures'}")

    return Operation(run)


def _described(found: Requests, life: int) -> Iterator[str]:
    yield f"For the network {shortKey(found.network)}:"
    for request in found.certificates:
        yield f"  certificate, valid {duration(life)}: {_certificate(request)}"
    for revocation in found.revocations:
        yield f"  revocation, for ever: {clean(revocation.name)} ({shortKey(revocation.key)})"


def _certificate(request: CertificateRequest) -> str:
    parts = [f"{clean(request.name)} ({shortKey(request.key)})", *map(clean, (*request.addresses, *request.macs))]
    return ", ".join(parts + ["may bridge"] * request.bridge + ["IS A DIRECTORY SERVER"] * request.server)
