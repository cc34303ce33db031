"""
Throw-away networks: hosts that are network namespaces of this machine (ip-netns(8)), joined by a switch.

The demo, the end-to-end tests, the benchmarks and the soak run in them.  No packet leaves the machine, no interface of
the machine is touched, and nothing remains: not after an error, not after a signal; and the next run removes what a
killed one left behind.  It needs root, or a kernel that lets users have namespaces of their own; see L{asRoot}.

L{wand.lab.deployment} runs a whole network of ours in a lab, L{wand.lab.installation} a single program.

A lab is a tool for people and tests, so it waits in real time and runs commands.
"""

from wand.lab.commands import COMMAND_PATIENCE, PROGRAMS, PYTHON, CommandFailed, Daemon, DeadlineMissed, execute, wait
from wand.lab.network import Host, Lab, sweep
from wand.lab.privileges import LabUnavailable, asRoot, entrance, unusable

__all__ = [
    "COMMAND_PATIENCE",
    "PROGRAMS",
    "PYTHON",
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
