"""
A program that starts all of its services or none, and ends in time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred, DeferredList, maybeDeferred

from wand.discovery.in_time import inTime
from wand.interfaces import Context

#: Seconds that the services of a program have to stop, all together.
STOPPING: Final = 3.5


class AtomicService(MultiService):
    """
    Several services.  If one does not start the others are stopped; at the end each is stopped, whatever the others do.
    """

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._base = context

    def privilegedStartService(self) -> None:
        """
        Start what needs privileges, or stop what is started already.
        """
        self._wholly(super().privilegedStartService)

    def startService(self) -> None:
        """
        Start everything, or stop what is started already.
        """
        self._wholly(super().startService)

    def _wholly(self, start: Callable[[], object]) -> None:
        try:
            start()
        except BaseException:
            self.stopService()
            raise

    def stopService(self) -> Deferred[None]:
        """
        Stop every service, the last first.

        @return: fires after L{STOPPING} at the latest.
        """
        Service.stopService(self)
        stopping = [
            inTime(maybeDeferred(service.stopService), STOPPING, self._base, f"the end of {type(service).__name__}")
            for service in reversed(list(self))
        ]
        return DeferredList(stopping).addCallback(lambda _: None)
