"""
Throw-away networks: hosts that are network namespaces of this machine (ip-netns(8)), joined by a switch.

The demo, the end-to-end tests and the benchmarks run in them.  No packet leaves the machine, no interface of the
machine is touched, and nothing remains afterwards: not after an error, not after a signal, and what a killed run left
behind is removed by the next one.  It needs root, or a kernel that lets users have namespaces of their own; see
L{asRoot}.

This is a tool for people and tests, so it waits in real time and runs commands.
"""

from wand.lab.commands import PATIENCE, CommandFailed, Daemon, DeadlineMissed, execute, wait
from wand.lab.network import Host, Lab, sweep
from wand.lab.privileges import LabUnavailable, asRoot, entrance, unusable

__all__ = [
    "PATIENCE",
    "CommandFailed",
    "Daemon",
    "DeadlineMissed",
    "Host",
    "Lab",
    "LabUnavailable",
    "asRoot",
    "entrance",
    "execute",
    "sweep",
    "unusable",
    "wait",
]
