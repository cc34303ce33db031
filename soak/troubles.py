"""
What goes wrong: each function does it to one site, waits for a while, and puts it right.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from random import Random
from typing import Final

from soak.sites import Site
from wand.lab import execute

Trouble = Callable[[Site, Random], str]


def restart(site: Site, random: Random) -> str:
    """
    An operator restarts the program.
    """
    site.end(signal.SIGTERM)
    site.begin()
    return "restarted"


def crash(site: Site, random: Random) -> str:
    """
    The program is killed, and its supervisor starts it again.
    """
    site.end(signal.SIGKILL)
    time.sleep(random.uniform(0, 2))
    site.begin()
    return "killed"


def outage(site: Site, random: Random) -> str:
    """
    The program is away for a while.
    """
    site.end(signal.SIGKILL)
    seconds = random.uniform(3, 15)
    time.sleep(seconds)
    site.begin()
    return f"away for {seconds:.0f} s"


def freeze(site: Site, random: Random) -> str:
    """
    The program stands still for a while, as in a paused virtual machine.
    """
    seconds = random.uniform(1, 12)
    site.freeze(True)
    time.sleep(seconds)
    site.freeze(False)
    return f"frozen for {seconds:.0f} s"


def stepClock(site: Site, random: Random) -> str:
    """
    The wall clock jumps, and is set right after a while.
    """
    step = random.choice((-1, 1)) * random.choice((10, 250, 3_600, 40_000))
    site.stepClock(step)
    time.sleep(random.uniform(3, 8))
    site.stepClock(0)
    return f"its clock {step:+d} s"


def move(site: Site, random: Random) -> str:
    """
    The host gets another address.
    """
    after = f"10.99.{random.randint(1, 200)}.{site.number}"
    execute("ip", "-n", site.host.namespace, "-4", "address", "flush", "dev", "eth0")
    execute("ip", "-n", site.host.namespace, "address", "add", f"{after}/16", "dev", "eth0")
    return f"moved to {after}"


def unplug(site: Site, random: Random) -> str:
    """
    Somebody trips over the cable.
    """
    seconds = random.uniform(1, 10)
    site.host.plug(False)
    time.sleep(seconds)
    site.host.plug(True)
    return f"without its cable for {seconds:.0f} s"


#: What happens to nodes, and what to the server, whose address the invitations name.
OF_NODES: Final[tuple[Trouble, ...]] = (restart, crash, outage, freeze, stepClock, move, unplug)
OF_SERVER: Final[tuple[Trouble, ...]] = (restart, crash, outage, freeze, stepClock, unplug)
