"""
wand with everything on that shows, tells or watches, and those who look at it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final

from bench.contenders.wand import Wand, program
from bench.everything import visitors
from bench.plot import START_PATIENCE, Plot, Side
from wand.lab import PYTHON, CommandFailed, Daemon, execute, wait

#: What each is told of, and does.
_HOOK: Final = "#!/bin/sh\nexec cat > /dev/null\n"

#: Those who look are on other machines, or have time: they are to take little of what others want (nice(2)).
_NICE: Final = 10


class EverythingOn(Wand):
    """
    Nodes with a console, metrics, names, a log of JSON, a program that is told of every event, all frame services,
    discovery on the LAN and a relay.
    """

    wishes: ClassVar = ("--relay",)

    def __init__(self) -> None:
        super().__init__("sealed", "Noise, AES-256-GCM")
        self.name = "everything on"

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

    @contextmanager
    def company(self, plot: Plot) -> Iterator[None]:
        """
        See L{Wand.company}: for each node a browser, a Prometheus, somebody who asks for names, and C{wand top}.
        """
        looking: list[Daemon] = []
        try:
            for side, other in plot.sides:
                looking += self._looking(plot, side, other)
            for each in looking:
                wait(each.tail, START_PATIENCE, each.name)
            _check(looking)
            for each in looking:
                _giveWay(each)
            yield
            _check(looking)
        finally:
            for each in looking:
                each.kill()
                each.log.unlink()

    def _looking(self, plot: Plot, side: Side, other: Side) -> list[Daemon]:
        control = ("--control", str(side.directory / "control.sock"))
        link = execute(program("wand"), *control, "console").strip()
        asked = (link, f"127.0.0.1:{plot.port + 3}", side.inside, f"{other.host.name}.wand.wand")
        visits = (PYTHON[0], "-P", visitors.__file__, *asked)
        return [
            side.host.start(f"visitors-{side.host.name}", *visits),
            side.host.start(f"top-{side.host.name}", program("wand"), *control, "top", "--json"),
        ]


def _giveWay(daemon: Daemon) -> None:
    """
    Let others go first.  Where each session is scheduled as a group, it is the group that has to be nice (sched(7)).
    """
    os.setpriority(os.PRIO_PGRP, daemon.process.pid, _NICE)
    group = Path(f"/proc/{daemon.process.pid}/autogroup")
    if group.exists():
        group.write_text(str(_NICE))


def _check(looking: list[Daemon]) -> None:
    for each in looking:
        if not each.isRunning:
            raise CommandFailed(f"{each.name} ended", each.tail(3))


def _hooks(directory: Path) -> Path:
    folder = directory / "hooks.d"
    hook = folder / "every-event" / "nothing"
    hook.parent.mkdir(parents=True, exist_ok=True)
    hook.write_text(_HOOK)
    hook.chmod(0o755)
    return folder
