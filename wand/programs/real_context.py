"""
The context of a real program: the reactor's time, the wall clock, real randomness, real sockets.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from functools import partial
from random import SystemRandom
from time import time
from typing import Any

from twisted.logger import Logger

from wand.counters import Counters
from wand.discovery.clashes import clashes
from wand.event_log import EventLog
from wand.events import Events
from wand.health.failures import Failures
from wand.health.guarded_descriptors import GuardedDescriptors
from wand.health.installed import distributions
from wand.health.notes import Notes
from wand.health.origin import intrusions
from wand.host.changes import Unwatched
from wand.host.netlink import NetlinkChanges
from wand.interfaces import Context
from wand.timing.elapsed import steady
from wand.timing.guarded_time import GuardedTime
from wand.underlay.multicast import MulticastLinks
from wand.underlay.streams.network import ReactorStreams
from wand.underlay.udp import UDPUnderlay
from wand.underlay.udp_sockets import QUEUE_BYTES
from wand.worker import WorkerThread

_log = Logger(namespace="wand.events")


def realContext(
    reactor: Any,
    lost: Callable[[str], object] | None = None,
    queue: int = QUEUE_BYTES,
    off: Collection[str] = (),
) -> Context:
    """
    A context on a reactor, whose events are logged.  The reactor measures elapsed time from now on.

    @param lost: called with the reason when a UDP socket is gone for good; by default that is only logged.
    @param queue: what the kernel may queue for each UDP socket, in octets.
    @param off: the names of plugins and distributions that are switched off.
    """
    steady(reactor)
    counters = Counters()
    events = Events(time)
    events.subscribe(EventLog(reactor).told)
    notes = Notes(reactor, events)
    failures = Failures(reactor, counters, notes)
    for number, text in enumerate([*intrusions(distributions()), *clashes(off)]):
        _log.error("{text}", text=text)
        notes.say(f"installed-{number}", text)
    clock: Any = GuardedTime(reactor, failures)  # and whatever else the reactor provides
    return Context(
        clock=clock,
        descriptors=GuardedDescriptors(reactor, failures, lost or _lost),
        random=SystemRandom(),
        counters=counters,
        events=events,
        underlay=UDPUnderlay(reactor, counters, failures, lost or _lost, queue),
        wallClock=time,
        notes=notes,
        failures=failures,
        makeWorker=partial(WorkerThread, reactor),
        streams=ReactorStreams(reactor),
        hostChanges=NetlinkChanges(clock, reactor, failures) if sys.platform == "linux" else Unwatched(),
        links=MulticastLinks(reactor, counters, failures),
    )


def _lost(reason: str) -> None:
    _log.critical("{reason}", reason=reason)
