"""
A guide is followed, on two hosts of its own.
"""

from __future__ import annotations

from time import monotonic
from typing import Final

import attrs

from bench.first.guide import Guide
from wand.lab import CommandFailed, Lab
from wand.lab.machine import Machine

#: Seconds until the ping has to be answered.
PATIENCE: Final = 60.0


@attrs.frozen
class Outcome:
    """
    What a guide came to.

    @ivar commands: command lines that were typed, with the ping.
    @ivar files: how many of them write a file.
    @ivar carried: things that were brought from one host to the other.
    @ivar seconds: what the machine took for all of it, until the ping was answered.
    """

    name: str
    commands: int
    files: int
    carried: int
    seconds: float


def follow(guide: Guide) -> Outcome:
    """
    Type everything, without the time that typing takes.

    @raise wand.errors.WandError: if something does not work, or nobody answers.
    """
    with Lab() as lab:
        hosts = lab.pair("one", "two")
        for number, host in enumerate(hosts, 1):
            host.configure(f"198.51.100.{number}/24")
        machines = [Machine(host, lab, guide.directories) for host in hosts]
        printed: dict[str, str] = {}
        began = monotonic()
        for step in guide.steps:
            output = machines[step.host - 1].type(step.filled(printed))
            if step.name:
                printed[step.name] = step.found(output)
        _ping(machines[1], guide.ping, began + PATIENCE)
        seconds = monotonic() - began
    return Outcome(guide.name, guide.commands, guide.files, guide.carried, seconds)


def _ping(machine: Machine, address: str, end: float) -> None:
    while True:
        try:
            machine.type(f"ping -c 1 -W 0.2 {address}")
        except CommandFailed:
            if monotonic() > end:
                raise
        else:
            return
