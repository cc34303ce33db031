"""
wand itself: a server and two nodes, as its users start them.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from bench.contenders.base import Contender
from bench.plot import START_PATIENCE, Link, Plot, Side
from wand.lab import CommandFailed, Daemon, execute, wait
from wand.version import __version__


class Wand(Contender):
    """
    wand with one of its peer protocols, or with the driver that lets the kernel move the frames.

    @cvar wishes: options of C{wand invite} for the nodes.
    @cvar runner: what runs the program of a node, if it is not run as it is.
    """

    wishes: ClassVar[Sequence[str]] = ()
    runner: ClassVar[Sequence[str]] = ()

    def __init__(self, protocol: str, encryption: str, *, isOffloaded: bool = False) -> None:
        self.name = "wand vxlan" if isOffloaded else f"wand {protocol}"
        self._isOffloaded = isOffloaded
        self.encryption = encryption
        self._protocol = protocol

    def version(self) -> str:
        """
        See L{Contender.version}.
        """
        return f"wand {__version__}, Python {sys.version.split()[0]}"

    def start(self, plot: Plot) -> Link:
        """
        See L{Contender.start}.
        """
        self._startServer(plot)
        programs = []
        for side, _ in plot.sides:
            entrance = self._invitation(plot, side) if self._protocol == "sealed" else _unguarded(plot, side)
            programs.append(self._node(plot, side, entrance))
            # A server of a sealed network gives addresses to those that join, one after the other.
            wait(side.hasAddress, START_PATIENCE, f"the address of {side.device}")
        return Link(plot.one.inside, plot.two.inside, tuple(programs))

    def _startServer(self, plot: Plot) -> None:
        # Nothing remains of the network that this contender had before it was started again.
        shutil.rmtree(plot.server.directory / "state", ignore_errors=True)
        sealed = f'prefix = "{plot.network}"\ncipher = "aes-256-gcm"\n' if self._protocol == "sealed" else ""
        _started(plot.server, "wand-server", self._common(plot.server, plot.port) + sealed)

    def _node(self, plot: Plot, side: Side, entrance: str) -> Daemon:
        shutil.rmtree(side.directory / "state", ignore_errors=True)
        text = self._common(side, plot.port + 1) + f'interface = "{side.device}"\n{entrance}\n'
        text += self.further(plot, side)
        return _started(side, "wand-node", text, *self.runner)

    def _common(self, side: Side, port: int) -> str:
        return f"""
protocol = "{self._protocol}"
port = {port}
state = "{side.directory}/state"
control = "{side.directory}/control.sock"
"""

    def further(self, plot: Plot, side: Side) -> str:
        """
        More of the configuration of a node.

        With VXLAN the port is not the usual one, which another contender has, the MTU is what that one's kernel
        chooses, and the address is said, for the hosts have those of all contenders.
        """
        settings = f'trusted = true, id = 77, port = 4790, address = "{side.outside}"'
        return f'driver = "vxlan"\ndriver-settings = {{ {settings} }}\nmtu = 1450\n' if self._isOffloaded else ""

    def _invitation(self, plot: Plot, side: Side) -> str:
        control, token = str(plot.server.directory / "control.sock"), side.directory / "token"
        token.unlink(missing_ok=True)
        reach = ("--endpoint", f"{plot.server.outside}:{plot.port}")
        wait(lambda: _isDone(program("wand"), "--control", control, "status"), START_PATIENCE, "the server")
        execute(program("wand"), "--control", control, "invite", *self.wishes, *reach, "--out", str(token))
        return f'name = "{side.host.name}"\njoin-file = "{token}"'


def _unguarded(plot: Plot, side: Side) -> str:
    return f'addresses = ["{side.inside}/24"]\nservers = ["{plot.server.outside}:{plot.port}"]'


def _started(side: Side, plugin: str, configuration: str, *runner: str) -> Daemon:
    path = side.file(f"{plugin}.toml", configuration)
    return side.start(*runner, program("twistd"), "--nodaemon", "--pidfile=", plugin, "--config", path)


def program(name: str) -> str:
    """
    The path of a program of this installation.
    """
    return str(Path(sys.executable).with_name(name))


def _isDone(*command: str) -> bool:
    try:
        execute(*command)
    except CommandFailed:
        return False
    return True
