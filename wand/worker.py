"""
Workers: calls that may block, on a disk or on a lock that somebody else holds, run outside the reactor, one after the
other.
"""

from __future__ import annotations

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import Deferred, execute
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

Result = TypeVar("Result")


class Worker(Protocol):
    """
    Runs the calls that it is given, in order, all in one thread.
    """

    def do(self, work: Callable[[], Result]) -> Deferred[Result]:
        """
        Run a call.

        @return: fires, in the reactor's thread, with what C{work} returned or raised.
        """

    def stop(self) -> None:
        """
        Take no further work, and end when the rest is done.
        """


class SameThread:
    """
    A worker for simulated time: it does everything at once.
    """

    def __init__(self, name: str) -> None:
        """
        @param name: what it is for.
        """

    def do(self, work: Callable[[], Result]) -> Deferred[Result]:
        """
        See L{Worker}.
        """
        return execute(work)

    def stop(self) -> None:
        """
        See L{Worker}.
        """


class WorkerThread:
    """
    A worker with a thread of its own, which starts with the first work, so that a program may fork before that.  It
    never keeps a program from ending.
    """

    def __init__(self, reactor: IReactorFromThreads, name: str) -> None:
        """
        @param name: what it is for.
        """
        self._reactor = reactor
        self._name = name
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    def do(self, work: Callable[[], Result]) -> Deferred[Result]:
        """
        See L{Worker}.
        """
        done: Deferred[Result] = Deferred()

        def run() -> None:
            result: Result | Failure
            try:
                result = work()
            except Exception:
                result = Failure()
            except BaseException as error:  # sys.exit in a plugin does not end the thread, in which others wait
                result = Failure(RuntimeError(f"it wanted to end its thread: {error!r}"))
            self._reactor.callFromThread(_finish, done, result)

        self._waiting.put(run)
        if self._thread is None:
            self._thread = Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        return done

    def stop(self) -> None:
        """
        See L{Worker}.
        """
        self._waiting.put(None)

    def _run(self) -> None:
        while (run := self._waiting.get()) is not None:
            run()


class Workers:
    """
    Several workers, of which the one takes a call that has the least to do.  They are made when they are needed.
    """

    def __init__(self, make: Callable[[str], Worker], name: str, most: int = 8) -> None:
        """
        @param make: makes a worker, of a name.
        @param most: how many there are at most; further calls wait.
        """
        self._make = make
        self._name = name
        self._most = most
        self._busy: dict[Worker, int] = {}

    def do(self, work: Callable[[], Result]) -> Deferred[Result]:
        """
        Run a call; several run beside each other, in no order.

        @return: see L{Worker.do}.
        """
        worker = self._idlest()
        self._busy[worker] += 1

        def ended(result: Any) -> Any:
            self._busy[worker] -= 1
            return result

        return worker.do(work).addBoth(ended)

    def _idlest(self) -> Worker:
        worker = min(self._busy, key=self._busy.__getitem__, default=None)
        if worker is None or (self._busy[worker] and len(self._busy) < self._most):
            worker = self._make(f"{self._name} {len(self._busy) + 1}")
            self._busy[worker] = 0
        return worker


def _finish(done: Deferred[Any], result: object) -> None:
    if isinstance(result, Failure):
        done.errback(result)
    else:
        done.callback(result)
