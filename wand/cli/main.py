"""
The C{wand} command.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from wand.cli import (
    backup,
    changing,
    drivers,
    founding,
    handing,
    inviting,
    joining,
    looking,
    members,
    reaching,
    servers,
    signing,
    watching,
)
from wand.cli.import_config import importConfig
from wand.cli.session import Operation, Session
from wand.errors import WandError
from wand.version import __version__

#: The commands that one-shot use and the shell share.
COMMANDS: dict[str, click.Command] = {
    str(command.name): command
    for command in (
        looking.status,
        looking.table,
        looking.peers,
        looking.counters,
        reaching.why,
        reaching.ping,
        reaching.netcheck,
        watching.watch,
        changing.add,
        changing.delete,
        changing.reload,
        changing.stop,
        founding.found,
        joining.join,
        handing.request,
        handing.admit,
        inviting.invite,
        inviting.invitations,
        inviting.withdraw,
        members.members,
        members.approve,
        members.rename,
        members.limit,
        members.confirmMACs,
        members.revoke,
        servers.servers,
        backup.backup,
        backup.restore,
        signing.requests,
        signing.sign,
        signing.importSignatures,
        drivers.drivers,
    )
}


class LaterCommand(click.Command):
    """
    A command whose module is imported only when it runs.
    """

    def __init__(self, name: str, about: str, module: str, attribute: str) -> None:
        super().__init__(name, help=about)
        self._module = module
        self._attribute = attribute

    def load(self) -> click.Command:
        """
        Import it.

        @raise WandError: if that fails.
        """
        try:
            command: click.Command = getattr(import_module(self._module), self._attribute)
        except ImportError as error:
            raise WandError(f"wand {self.name} cannot be loaded: {error}") from error
        return command


class LazyGroup(click.Group):
    """
    A group that loads a L{LaterCommand} to run it, but not to list it.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """
        Find the command of a command line.
        """
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, LaterCommand) else command, rest

    def list_commands(self, ctx: click.Context) -> list[str]:
        """
        The names of the commands, in the order in which they were added.
        """
        return list(self.commands)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="wand")
@click.option(
    "--control",
    envvar="WAND_CONTROL",
    metavar="PATH",
    help="The program's control socket. [default: the first that exists of node.sock, server.sock and etud.sock in "
    "/run/wand; environment: WAND_CONTROL]",
)
@click.pass_context
def cli(context: click.Context, control: str | None) -> None:
    """Inspect and change a running node or server of a WanDaemon network."""
    context.obj = control


@cli.result_callback()
@click.pass_obj
def perform(control: str | None, /, operation: object, **options: object) -> None:
    """
    Do what the command says.
    """
    if not isinstance(operation, Operation):
        return
    with Session(control) as session:
        try:
            session.perform(operation)
        except KeyboardInterrupt:
            if not operation.endless:
                raise


@click.command()
@click.pass_obj
def shell(control: str | None) -> None:
    """Type several commands over one connection."""
    from wand.cli.shell import runShell

    with Session(control) as session:
        runShell(session, COMMANDS)


for _command in (*COMMANDS.values(), shell, importConfig):
    cli.add_command(_command)
cli.add_command(LaterCommand("demo", "Show a throw-away network on this machine.", "wand.demo.command", "demo"))


def main() -> None:
    """
    Run the command line.
    """
    try:
        cli.main(prog_name="wand")
    except WandError as error:
        click.echo(f"wand: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
