"""
The C{wand} command.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from typing import Final

import click

from wand.cli.later import LaterCommand, LazyGroup
from wand.cli.standard_files import noRoom, openStandardFiles
from wand.errors import WandError
from wand.version import __version__

#: The commands that one-shot use and the shell share: the name of each, where it is, and its help in short.
COMMANDS: Final[Mapping[str, LaterCommand]] = {
    name: LaterCommand(name, about, f"wand.cli.{module}", attribute)
    for name, module, attribute, about in (
        ("status", "looking", "status", "Show the program's status."),
        ("table", "looking", "table", "List the table: MAC addresses and their peers."),
        ("peers", "looking", "peers", "List the peers and the servers, how they are reached, and their traffic."),
        ("counters", "looking", "counters", "List the counters, drops by their reason."),
        ("why", "reaching", "why", "Show why a member is reached the way it is, and what would make it direct."),
        ("ping", "reaching", "ping", "Ask a member to answer inside the protocol, over each way to it."),
        ("netcheck", "reaching", "netcheck", "Check what the network around this node allows."),
        ("doctor", "doctor", "doctor", "Find what is wrong on this host, and show the command that repairs it."),
        ("report", "report", "report", "Pack what a report of a fault needs, without secrets."),
        ("top", "top", "top", "Show live who sends how much, what is dropped, and what happens."),
        ("graph", "graph", "graph", "Draw the network as this program sees it."),
        ("console", "console", "console", "Print a link to the console in the browser."),
        ("watch", "watching", "watch", "Show events as they happen, until Ctrl-C."),
        ("events", "watching", "events", "Show the last events."),
        ("version", "version", "version", "Show the version, or compare those of the members."),
        ("log", "log", "log", "Show how much each part says in the log, or change it."),
        ("capture", "capture", "capture", "Write down the frames that pass, as a pcapng file."),
        ("wake", "waking", "wake", "Wake a host that sleeps on a LAN behind a bridge."),
        ("add", "changing", "add", "Add an entry: send the frames for a MAC address to a peer."),
        ("delete", "changing", "delete", "Delete an entry."),
        ("reload", "changing", "reload", "Reload the program's configuration."),
        ("stop", "changing", "stop", "Stop the program, and wait until it has stopped."),
        ("found", "founding", "found", "Make a network without a server, whose first member this host is."),
        ("join", "joining", "join", "Join a network with an invitation."),
        ("request", "handing", "request", "Print a request of this node to be admitted."),
        ("admit", "handing", "admit", "Admit a node whose request you have, and print the answer."),
        ("invite", "inviting", "invite", "Create an invitation and print its token."),
        ("invitations", "inviting", "invitations", "List the invitations that can still be redeemed."),
        ("withdraw", "inviting", "withdraw", "Withdraw an invitation."),
        ("members", "members", "members", "List the members, with who is online."),
        ("approve", "members", "approve", "Approve a node that waits to join."),
        ("rename", "members", "rename", "Rename a member."),
        ("address", "members", "address", "Give a member another address."),
        ("limit", "members", "limit", "Limit a member's MAC addresses and broadcasts."),
        ("confirm", "members", "confirmMACs", "Confirm that a member's MAC addresses are its own."),
        ("appoint", "members", "appoint", "Let a member admit others."),
        ("revoke", "members", "revoke", "Revoke a member permanently."),
        ("rotate", "rotating", "rotate", "Give the network another secret."),
        ("servers", "servers", "servers", "List the servers of the network that share a store with this one."),
        ("backup", "backup", "backup", "Back up everything that the program keeps into one file."),
        ("restore", "backup", "restore", "Restore a backup that wand backup wrote."),
        ("requests", "signing", "requests", "Print the requests that wait for a signature of the network key."),
        ("sign", "signing", "sign", "Sign what wand requests printed."),
        (
            "import-signatures",
            "signing",
            "importSignatures",
            "Import into the server the signatures that wand sign printed.",
        ),
        ("plugins", "plugins", "plugins", "List the plugins, or show what one can be told."),
    )
}


#: How the help lists them.
SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "To begin": ("init", "found", "join", "setup", "demo"),
    "To look": (
        *("status", "table", "peers", "members", "top", "graph", "console"),
        *("watch", "events", "counters", "log", "version", "plugins"),
    ),
    "To find what is wrong": ("doctor", "why", "ping", "netcheck", "capture", "report"),
    "To decide about members": (
        *("invite", "invitations", "withdraw", "request", "admit", "approve", "rename", "address"),
        *("limit", "confirm", "appoint", "revoke", "rotate", "servers", "requests", "sign", "import-signatures"),
    ),
    "To run a program": ("reload", "stop", "backup", "restore", "add", "delete", "wake"),
    "And": ("shell", "plugin", "import-config"),
}


@click.group(cls=LazyGroup, sections=SECTIONS, context_settings={"help_option_names": ["-h", "--help"]})
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
    from wand.cli.session import Operation, Session

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
    from wand.cli.session import Session
    from wand.cli.shell import runShell

    with Session(control) as session:
        runShell(session, COMMANDS)


for _command in (
    *COMMANDS.values(),
    shell,
    LaterCommand("init", "Lead this host into a network, step by step.", "wand.cli.init", "init"),
    LaterCommand("setup", "Make a node or a server a service of this host.", "wand.cli.setup", "setup"),
    LaterCommand("import-config", "Convert the original's configuration.", "wand.cli.import_config", "importConfig"),
    LaterCommand("plugin", "Begin a package of plugins, or check one.", "wand.cli.plugin", "plugin"),
    LaterCommand("demo", "Show a throw-away network on this machine.", "wand.demo.command", "demo"),
):
    cli.add_command(_command)


def main() -> None:
    """
    Run the command line.
    """
    openStandardFiles()
    try:
        cli.main(prog_name="wand")
    except WandError as error:
        click.echo(f"wand: {error}", err=True)
        sys.exit(1)
    except OSError as error:
        reason = noRoom(error)
        if reason is None:
            raise
        click.echo(f"wand: {reason}", err=True)
        sys.exit(1)
    finally:
        gc.freeze()  # or Python looks through all that was made before it ends, which takes 0.08 s


if __name__ == "__main__":
    main()
