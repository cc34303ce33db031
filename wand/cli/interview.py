"""
What C{wand init} has to know: from its options, from a person at a terminal, or by default.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

import attrs
import click

from wand.cli.joining import tokenOf
from wand.endpoint import SERVER_PORT, splitHostPort
from wand.errors import AddressInvalid, MembershipRefused
from wand.sealed.credentials.fields import NAME_RULE, isName, wantedFrom

#: What a host can be, and how that is said to somebody who has to choose.
PARTS: Final = {
    "founder": "the first host of a small network, which needs no server",
    "server": "the server of a network, which admits its members",
    "member": "a member of a network that is there; you have its invitation",
}

#: What a network is called unless somebody says otherwise.
NETWORK: Final = "home"


@attrs.frozen
class Plan:
    """
    What is to become of this host.

    @ivar part: one of L{PARTS}.
    @ivar network: what a new network is called.
    @ivar public: where others reach a server; empty for the addresses that it finds itself.
    @ivar token: what a member joins with.
    @ivar addresses: which overlay addresses a member asks for.
    @ivar isService: does systemd start it, now and with the host?
    @ivar prefix: where a founder's addresses come from; empty for the usual.
    """

    part: str
    network: str = NETWORK
    public: tuple[str, ...] = ()
    token: str = ""
    addresses: tuple[str, ...] = ()
    isService: bool = False
    prefix: str = ""


@attrs.frozen
class Interview:
    """
    Asks for what was not said.

    @ivar isAsking: is somebody there to answer? Else what was not said is as usual.
    @ivar hasSystemd: can there be a service?
    """

    isAsking: bool
    hasSystemd: bool

    def plan(
        self,
        part: str | None,
        network: str | None,
        public: tuple[str, ...],
        file: str | None,
        service: bool | None,
        addresses: tuple[str, ...] = (),
    ) -> Plan:
        """
        Ask, and put together what was said.

        @param file: has the token of a member.
        @param service: is it to be a service; C{None} if that was not said.
        @param addresses: which overlay addresses a member asks for, as they were typed.
        @raise click.UsageError: if something has to be said and nobody is there to ask, or things do not go together.
        """
        part = self._part(part, file)
        if part != "server" and public:
            raise click.UsageError("--public is for a server")
        if part == "member":
            if network is not None:
                raise click.UsageError("--network is for a new network; a member learns its name from the invitation")
            wanted, token = _wanted(addresses), tokenOf(file)
            return Plan(part, token=token, addresses=wanted, isService=self._service(service))
        if addresses:
            raise click.UsageError("--address is for a member; of the others, wand address changes it afterwards")
        named = _name(network or self._ask("What is the network to be called?", NETWORK, _name))
        reached = public or (self._public() if part == "server" else ())
        return Plan(part, named, tuple(map(_reachedAt, reached)), isService=self._service(service))

    def _part(self, part: str | None, file: str | None) -> str:
        if file is not None:
            if part not in (None, "member"):
                raise click.UsageError(f"--join is for a member, and not for a {part}")
            return "member"
        if part is not None:
            return part
        if not self.isAsking:
            raise click.UsageError(f"there is no terminal to ask at: say --as {', '.join(PARTS)}, or --join TOKEN-FILE")
        click.echo("What is this host to be?\n", err=True)
        for number, (name, about) in enumerate(PARTS.items(), 1):
            click.echo(f"  {number}  {name:<8} {about}", err=True)
        click.echo(err=True)
        chosen = click.prompt("Choose", type=click.IntRange(1, len(PARTS)), default=1, err=True)
        return list(PARTS)[chosen - 1]

    def _public(self) -> tuple[str, ...]:
        question = "Where do the others reach it? HOST or HOST:PORT; empty for its own addresses"
        told = self._ask(question, "", lambda text: _reachedAt(text) if text else "")
        return (told,) if told else ()

    def _service(self, service: bool | None) -> bool:
        if service is None:
            question = "Start it now and whenever this host starts, as a service of systemd?"
            return self.hasSystemd and (not self.isAsking or click.confirm(question, default=True, err=True))
        if service and not self.hasSystemd:
            raise click.UsageError(
                "this host does not run systemd: say --no-service, and start it as you start other programs"
            )
        return service

    def _ask(self, question: str, usual: str, check: Callable[[str], str]) -> str:
        if not self.isAsking:
            return usual
        # What cannot be is asked again: click takes a usage error for that.
        answer = click.prompt(
            question,
            default=usual,
            show_default=bool(usual),
            err=True,
            value_proc=lambda text: check(text.strip()),
        )
        return str(answer)


def isAtTerminal() -> bool:
    """
    Is there somebody who can be asked?
    """
    return sys.stdin.isatty() and sys.stderr.isatty()


def _wanted(addresses: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return wantedFrom(addresses)
    except MembershipRefused as error:
        raise click.UsageError(f"--address: {error}") from None


def _name(text: str) -> str:
    if not isName(text):
        raise click.UsageError(f"{text!r} cannot be the name of a network: {NAME_RULE}")
    return text


def _reachedAt(text: str) -> str:
    """
    Where a server is reached, with its usual port if no other is named.
    """
    if "://" in text:
        return text  # a stream, which the server's configuration knows better
    try:
        host, port = splitHostPort(text, SERVER_PORT)
    except AddressInvalid as error:
        raise click.UsageError(f"--public: {error}") from None
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
