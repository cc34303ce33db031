"""
What a program tells the supervisor that started it, by the protocol of sd_notify(3): that it is ready, that
it stops, and that it still works.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from twisted.internet.defer import Deferred, succeed

#: The variables in which a supervisor says where it listens, and within how many microseconds it wants to hear that
#: the program works, and of which process.
SOCKET_VARIABLE: Final = "NOTIFY_SOCKET"
WATCHDOG_VARIABLE: Final = "WATCHDOG_USEC"
WATCHED_VARIABLE: Final = "WATCHDOG_PID"

#: Seconds after which a program that still opens something, such as a store that is away, counts as ready: it goes on
#: trying, which is better than to be ended.
PATIENCE: Final = 10.0

#: Seconds until it is told again that the program is ready, if it had no room for that.
RETRY: Final = 0.2


def _atOnce() -> Deferred[None]:
    return succeed(None)


class Supervisor:
    """
    The supervisor, if there is one; without one nothing is told.

    Nothing that goes wrong here disturbs the program: a supervisor that hears nothing does what it does then.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        """
        @param environment: the variables of the process.
        """
        self._path = environment.get(SOCKET_VARIABLE, "")
        # Opened once: a program that has no descriptor left still works, and is not to be ended for silence.
        self._socket: socket.socket | None = None
        if self._path:
            with suppress(OSError):
                self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
                self._socket.setblocking(False)
        watched = environment.get(WATCHED_VARIABLE, "")
        ours = not watched or watched == str(os.getpid())
        microseconds = environment.get(WATCHDOG_VARIABLE, "")
        #: Seconds between two words that the program works; 0 if nobody wants them.
        self.interval = int(microseconds) / 2_000_000 if self._path and ours and microseconds.isdecimal() else 0.0

    def tell(self, *states: str) -> bool:
        """
        Tell it something.

        @param states: C{READY=1} and the like; see sd_notify(3).
        @return: should it be told again? It has no room for it now.
        """
        if self._socket is None:
            return False
        path = f"\0{self._path[1:]}" if self._path.startswith("@") else self._path
        try:
            self._socket.sendto("\n".join(states).encode(), path)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


def supervised(reactor: Any, supervisor: Supervisor, serving: Callable[[], Deferred[Any]] = _atOnce) -> None:
    """
    Keep a supervisor informed from the moment in which everything has started until the end.

    Nobody but the reactor says that the program works, so one that hangs is started again.

    @param serving: called once the reactor runs; fires as soon as the program can do what it is for.  One that ends
        before was never ready, as whoever started it learns.
    """

    def works() -> None:
        supervisor.tell("WATCHDOG=1")
        reactor.callLater(supervisor.interval, works)

    def ready(_: object) -> None:
        if supervisor.tell("READY=1"):  # at boot many speak at once; whoever is never ready is ended
            reactor.callLater(RETRY, ready, None)
        elif supervisor.interval:
            works()

    reactor.callWhenRunning(lambda: serving().addTimeout(PATIENCE, reactor).addBoth(ready))
    reactor.addSystemEventTrigger("before", "shutdown", supervisor.tell, "STOPPING=1")
