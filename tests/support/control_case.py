"""
What tests of the control socket share: a client and a program, over a connection in memory.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, TypeVar

from simulated.program import MemoryProgram, connectInMemory
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import WandError

Result = TypeVar("Result")


class ControlCase(SynchronousTestCase):
    """
    A program in memory, and a client that is connected to it.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.program = MemoryProgram(self.clock)
        self.client, self.pump = connectInMemory(self.program, self.clock)

    def start(self, coroutine: Coroutine[Any, Any, Result]) -> Deferred[Result]:
        """
        Let the client ask something.
        """
        deferred = Deferred.fromCoroutine(coroutine)
        self.pump.flush()
        return deferred

    def ask(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """
        Let the client ask something, and the program answer at once.
        """
        return self.successResultOf(self.start(coroutine))

    def refused(self, coroutine: Coroutine[Any, Any, object], error: type[WandError]) -> str:
        """
        Let the client ask something that fails.

        @return: the error's text.
        """
        raised = self.failureResultOf(self.start(coroutine)).value
        self.assertIs(type(raised), error)
        return str(raised)
