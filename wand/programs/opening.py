"""
Something that takes a while to open, and those who wait for it.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.python.failure import Failure

Opened = TypeVar("Opened")


class Opening(Generic[Opened]):
    """
    Remembers what became of it.

    @ivar result: what was opened; C{None} before.
    @ivar trouble: why it cannot be opened.
    """

    def __init__(self) -> None:
        self.result: Opened | None = None
        self.trouble: Failure | None = None
        self._waiting: list[Deferred[Opened]] = []

    def wait(self) -> Deferred[Opened]:
        """
        Wait until it is open; fails if it cannot be.
        """
        if self.result is not None:
            return succeed(self.result)
        if self.trouble is not None:
            return fail(self.trouble)
        waiting: Deferred[Opened] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def done(self, result: Opened) -> None:
        """
        It is open.
        """
        self.result = result
        for each in self._waited():
            each.callback(result)

    def failed(self, trouble: Failure) -> None:
        """
        It cannot be opened.
        """
        self.trouble = trouble
        for each in self._waited():
            each.callback(trouble)

    def _waited(self) -> list[Deferred[Opened]]:
        waiting, self._waiting = self._waiting, []
        return waiting
