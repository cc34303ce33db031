"""
A node that may admit others, though it did not found its network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.errors import StateUnavailable
from wand.interfaces import Context
from wand.programs.authority_notes import sayWaiting
from wand.programs.authority_store import AuthorityStore
from wand.programs.deputy_admitter import DeputyAdmitter, openDeputy
from wand.programs.hooks import HookService
from wand.programs.opening import Opening
from wand.sealed.node.node_membership import NodeMembership

#: The file of its store in the state directory.
DEPUTY_STORE: Final = "admitted.sqlite"

#: The key of the note about a store that cannot be used.
_NOTE: Final = "admission"


class DeputyAdmission(Service):
    """
    Opens the store of those whom this node admitted, and admits others as long as the node runs.
    """

    _log = Logger()

    def __init__(
        self, context: Context, hooks: HookService, member: NodeMembership, reserve: Callable[[], Sequence[str]] = tuple
    ) -> None:
        """
        @param hooks: those that are asked before somebody is admitted.
        @param reserve: gives ranges of addresses that nobody gets, see L{wand.address_ranges}.
        """
        self._context = context
        self._hooks = hooks
        self._reserve = reserve
        self._member = member
        self._opening: Opening[DeputyAdmitter] = Opening()
        state = member.enrolment.state
        settings = {"path": str(state.path / DEPUTY_STORE)}
        configuration = ServerConfiguration(state=str(state.path), storeSettings=settings, recover=True)
        self._store = AuthorityStore(configuration, context, hooks)

    @property
    def server(self) -> DeputyAdmitter | None:
        """
        At work; C{None} until the store is read.
        """
        return self._opening.result if self.running else None

    def opened(self) -> Deferred[DeputyAdmitter]:
        """
        Wait until the store is read; fails if it cannot be.
        """
        return self._opening.wait()

    def startService(self) -> None:
        """
        Open the store.
        """
        super().startService()
        Deferred.fromCoroutine(self._open()).addErrback(self._failed)

    async def _open(self) -> None:
        context = self._context
        _, deputy = await self._store.openWith(
            lambda records, state: openDeputy(records, self._member, context, self._hooks, self._reserve()),
            lambda: bool(self.running),
        )
        if not self.running:
            raise StateUnavailable("this node stops")
        self._opening.done(DeputyAdmitter(deputy, self._member, context))
        self._log.info("this node admits members")

    def _failed(self, failure: Failure) -> Deferred[None]:
        self._opening.failed(failure)
        if self.running:
            text = f"this node cannot admit members: {failure.getErrorMessage()}"
            self._log.error("{text}", text=text)
            self._context.notes.say(_NOTE, text)
        return Deferred.fromCoroutine(self._store.close())

    def look(self) -> None:
        """
        For a L{wand.programs.monitor.Monitor}: say what waits for a person.
        """
        if self.server is not None:
            sayWaiting(self.server.authority, self._context.notes)

    def stopService(self) -> Deferred[None]:
        """
        Admit nobody any more, and close the store.
        """
        super().stopService()
        if self._opening.result is not None:
            self._opening.result.stop()
        return Deferred.fromCoroutine(self._store.close())
