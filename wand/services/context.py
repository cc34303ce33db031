"""
The context of a real program: the reactor's time, the wall clock, real randomness, real sockets.
"""

from __future__ import annotations

from random import SystemRandom
from time import time
from typing import Any

from twisted.logger import Logger

from wand.counters import Counters
from wand.elapsed import steady
from wand.events import Event, Events
from wand.interfaces import Context
from wand.udp import UDPUnderlay

_log = Logger(namespace="wand.events")


def realContext(reactor: Any) -> Context:
    """
    A context on a reactor, whose events are logged.  The reactor measures elapsed time from now on.
    """
    clock = steady(reactor)
    counters = Counters()
    events = Events(time)
    events.subscribe(_logged)
    return Context(
        clock=clock,
        descriptors=reactor,
        random=SystemRandom(),
        counters=counters,
        events=events,
        underlay=UDPUnderlay(reactor, counters),
        wallClock=time,
    )


def _logged(event: Event) -> None:
    _log.info(
        "{kind}: {details}",
        kind=event.kind,
        details=", ".join(f"{name} {value}" for name, value in event.fields.items()),
    )
