# mypy: allow-untyped-calls
# (DeferredSemaphore has no types.)
"""
What one login may take up of the console at once, so that something is left for others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from twisted.internet.defer import DeferredSemaphore

from wand.console.problems import Problem

if TYPE_CHECKING:
    from wand.console.console_request import ConsoleRequest

#: How many connections of one login there are at once: more than browsers open to one host.
CONNECTIONS_EACH: Final = 16

#: How many commands of one login are under way at once; its others wait.
COMMANDS_EACH: Final = 6


class TooManyCalls(Problem):
    """
    One login asks for too much at once.
    """

    def __init__(self) -> None:
        super().__init__(
            429,
            f"this login has {CONNECTIONS_EACH} calls under way, and may have no more",
            "wait for their answers",
            retry_after="1",
        )


class Allowance:
    """
    What one login takes up.

    @ivar commands: has a place for each command that may be under way.
    """

    def __init__(self) -> None:
        self.commands = DeferredSemaphore(COMMANDS_EACH)
        self._connections = 0

    def enter(self, request: ConsoleRequest, seconds: float) -> None:
        """
        Let a connection stay for some time.  It counts until it is lost, not only until its call is answered: whoever
        does not read the answer still has it.

        @raise TooManyCalls: if there are too many.
        """
        if self._connections == CONNECTIONS_EACH:
            raise TooManyCalls
        self._connections += 1
        request.trust(seconds)
        request.whenLost(self._leave)

    def _leave(self) -> None:
        self._connections -= 1
