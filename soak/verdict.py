"""
What has to hold at the end of a soak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from soak.sites import Life, Site, Sites
from wand.lab import Daemon, DeadlineMissed, wait

#: Seconds after the last trouble in which every node has to reach every other.
RECOVERY: Final = 60.0

#: By how many octets a program may grow, and by which share of its memory an hour besides.
GROWTH: Final = 6 << 20
GROWTH_HOURLY: Final = 0.05

#: How many more descriptors a program may have than when it was grown up: clients of the control socket come and go.
DESCRIPTORS: Final = 3

#: What must not be in a log.
_TRACEBACK: Final = re.compile(r"Traceback|Unhandled")


def faults(sites: Sites, chatters: list[Daemon]) -> Iterator[str]:
    """
    What is wrong, a sentence each.
    """
    yield from _silences(sites)
    for site in sites:
        yield from _endings(site)
        yield from _growths(site)
        yield from _tracebacks(site)
    for chatter in chatters:
        if not chatter.isRunning:
            yield f"{chatter.name} ended: {chatter.tail(3)}"


def _silences(sites: Sites) -> Iterator[str]:
    silent = list(sites.pairs())

    def isOver() -> bool:
        silent[:] = [(source, target) for source, target in silent if not source.pings(target)]
        return not silent

    try:
        wait(isOver, RECOVERY, "answers")
    except DeadlineMissed:
        for source, target in silent:
            yield f"{source.name} does not reach {target}"


def _endings(site: Site) -> Iterator[str]:
    if not site.daemon.isRunning:
        yield f"{site.name} is not running"
    elif not site.answers():
        yield f"{site.name} does not answer at its control socket"
    elif not site.isMember():
        yield f"{site.name} is not a member: {site.notes}"


def _growths(site: Site) -> Iterator[str]:
    for life in (*site.lives, *([site.life] if site.life else [])):
        if life.last - life.grown > _allowed(life):
            yield f"{site.name} grew from {life.grown >> 20} to {life.last >> 20} MiB in {life.seconds:.0f} s"
        before, after = life.descriptors
        if after > before + DESCRIPTORS:
            yield f"{site.name} had {before} descriptors, and {after} after {life.seconds:.0f} s"


def _allowed(life: Life) -> float:
    return GROWTH + GROWTH_HOURLY * life.grown * life.seconds / 3_600


def _tracebacks(site: Site) -> Iterator[str]:
    lines = site.log.splitlines()
    for number, line in enumerate(lines):
        if _TRACEBACK.search(line):
            yield f"the log of {site.name}: " + " | ".join(lines[max(0, number - 1) : number + 25])
            return
