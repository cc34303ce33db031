"""
wand with everything on that shows, tells or watches, and those who look at it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Final

from bench.contenders.wand import Wand, program
from bench.everything import slowed, visitors
from bench.plot import START_PATIENCE, Plot, Side
from wand.lab import PYTHON, CommandFailed, Daemon, execute, wait

#: What each is told of, and does.
_HOOK: Final = "#!/bin/sh\nexec cat > /dev/null\n"

#: Those who look are on other machines, or have time: they are to take little of what others want (nice(2)).
_NICE: Final = 10


class AsItComes(Wand):
    """
    Nodes as they come, at which nobody looks.
    """

    called: ClassVar[str] = "as it comes"

    def __init__(self) -> None:
        super().__init__("sealed", "Noise, AES-256-GCM")
        self.name = self.called

    def visitors(self, plot: Plot) -> Sequence[Daemon]:
        """
        Those who look at the nodes whenever they are told to (see L{bench.everything.visitors}): for each one, in the
        order of the sides, or nobody.

        @raise wand.errors.WandError: if they get no answer.
        """
        return ()


class Same(AsItComes):
    """
    The same again.
    """

    called = "the same"


class Slower(AsItComes):
    """
    The same, but each node needs 5 % more processor time for whatever it does.
    """

    called = "5 percent slower"
    runner = (PYTHON[0], "-P", slowed.__file__, "5")


class EverythingOn(AsItComes):
    """
    Nodes with a console, metrics, names, a log of JSON, a program that is told of every event, all frame services,
    discovery on the LAN and a relay.
    """

    called = "everything on"
    wishes = ("--relay",)

    def further(self, plot: Plot, side: Side) -> str:
        """
        See L{Wand.further}.
        """
        return f"""
console = "127.0.0.1:{plot.port + 2}"
metrics = "127.0.0.1:{plot.port + 3}"
names = "{{network}}.wand"
log = "json"
hooks = ["executables"]
frame-services = ["guard", "neighbours", "storm"]
lan-discovery = true
relay = true
[log-levels]
all = "info"
[hook-settings.executables]
path = "{_hooks(side.directory.parent)}"
"""

    def visitors(self, plot: Plot) -> Sequence[Daemon]:
        """
        See L{AsItComes.visitors}.
        """
        looking = [self._looking(plot, side, other) for side, other in plot.sides]
        for each in looking:
            wait(each.tail, START_PATIENCE, each.name)
            if not each.isRunning:
                raise CommandFailed(f"{each.name} ended", each.tail(3))
            _giveWay(each)
        return looking

    def _looking(self, plot: Plot, side: Side, other: Side) -> Daemon:
        control = str(side.directory / "control.sock")
        link = execute(program("wand"), "--control", control, "console").strip()
        asked = (link, f"127.0.0.1:{plot.port + 3}", side.inside, f"{other.host.name}.wand.wand", control)
        return side.host.start(f"visitors-{side.host.name}", PYTHON[0], "-P", visitors.__file__, *asked)


def _giveWay(daemon: Daemon) -> None:
    """
    Let others go first.  Where each session is scheduled as a group, it is the group that has to be nice (sched(7)).
    """
    os.setpriority(os.PRIO_PGRP, daemon.process.pid, _NICE)
    group = Path(f"/proc/{daemon.process.pid}/autogroup")
    if group.exists():
        group.write_text(str(_NICE))


def _hooks(directory: Path) -> Path:
    folder = directory / "hooks.d"
    hook = folder / "every-event" / "nothing"
    hook.parent.mkdir(parents=True, exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)
    return folder
