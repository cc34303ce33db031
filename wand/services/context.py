"""
The context of a real program: the reactor's time, real randomness, real sockets.
"""

from __future__ import annotations

import sys
from random import SystemRandom
from time import time
from typing import Any

from twisted.logger import Logger

from wand.counters import Counters
from wand.events import Event, Events
from wand.host.changes import Unwatched
from wand.host.netlink import NetlinkChanges
from wand.interfaces import Context
from wand.udp import UDPUnderlay

_log = Logger(namespace="wand.events")


def realContext(reactor: Any) -> Context:
    """
    A context on a reactor, whose events are logged.
    """
    counters = Counters()
    events = Events(reactor)
    events.subscribe(_logged)
    return Context(
        clock=reactor,
        descriptors=reactor,
        random=SystemRandom(),
        counters=counters,
        events=events,
        underlay=UDPUnderlay(reactor, counters),
        wallClock=time,
        hostChanges=NetlinkChanges(reactor, reactor) if sys.platform == "linux" else Unwatched(),
    )


def _logged(event: Event) -> None:
    _log.info(
        "{kind}: {details}",
        kind=event.kind,
        details=", ".join(f"{name} {value}" for name, value in event.fields.items()),
    )
