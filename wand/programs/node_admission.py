"""
A node that founded its network, and admits others: what a server does about members, beside what every node does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.errors import ConfigurationInvalid, MembershipRefused, PortUnavailable, StateUnavailable
from wand.interfaces import Context
from wand.programs.admitter import Admitter
from wand.programs.authority_notes import sayFound, sayWaiting
from wand.programs.authority_store import AuthorityStore, networkSettings
from wand.programs.hooks import HookService
from wand.programs.opening import Opening
from wand.programs.store_settings import SQLITE
from wand.sealed.authority.new_prefixes import AUTO, NONE
from wand.sealed.authority.stored_network import NETWORK_FILES, NetworkSettings
from wand.sealed.authority.told_clocks import ToldClocks
from wand.sealed.credentials.fields import nameLike
from wand.sealed.node.enrolment_files import FOUNDED
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.node.overlap import freePrefix, obstacle
from wand.state import StateDirectory

#: For how many hours the certificate of a member is valid.  Members go on that long while nobody renews certificates: a
#: node that founded a network may be switched off for longer than a server.
CERTIFICATE_HOURS: Final = 30 * 24

#: The key of the note about a store that cannot be used.
_NOTE: Final = "admission"

#: Why a member of a network does not make one.
_LOST: Final = "its key and its store are lost; restore a backup of this node (wand restore FILE)"


class NodeAdmission(Service):
    """
    Opens the store of a network that was founded here, and admits members as long as the node runs.
    """

    _log = Logger()

    def __init__(
        self, context: Context, hooks: HookService, member: NodeMembership, reserve: Callable[[], Sequence[str]] = tuple
    ) -> None:
        """
        @param hooks: those that are asked before somebody is admitted.
        @param reserve: gives ranges of addresses that nobody gets, see L{wand.address_ranges}.
        """
        self._opening: Opening[Admitter] = Opening()
        self._context = context
        self._member = member
        self._hooks = hooks
        self._reserve = reserve
        self._store: AuthorityStore | None = None
        self._clocks = ToldClocks(context.clock, context.wallClock)
        member.sessions.onClock(self._clocks.told)  # before the store is read: handshakes do not wait for it

    @property
    def server(self) -> Admitter | None:
        """
        At work; C{None} until the store is read.
        """
        return self._opening.result

    def opened(self) -> Deferred[Admitter]:
        """
        Wait until the store is read; fails if it cannot be.
        """
        return self._opening.wait()

    def startService(self) -> None:
        """
        Open the store of the network that was founded here, if one was.
        """
        super().startService()
        if self._state.has(FOUNDED):
            Deferred.fromCoroutine(self._resume()).addErrback(self._failed)

    async def found(self, name: str, prefix: str, prefix6: str) -> str:
        """
        Make a network.

        @param prefix: where overlay addresses come from; empty for the usual one, or one that is free on this host;
            C{none} for IPv6 alone.
        @param prefix6: where those of IPv6 come from; empty for a prefix of the network's own, and C{none} for none.
        @return: the first invitation, for one node within a day; empty if nobody knows where others reach this node.
        @raise MembershipRefused: if this node is a member already.
        @raise wand.errors.ConfigurationInvalid: if the name or the prefix cannot be used.
        @raise wand.errors.WandError: if something cannot be kept.
        """
        self._checkNew()
        configuration = _likeServer(
            self._state,
            self._member.wish,
            network=name,
            prefix=prefix or freePrefix(NetworkSettings().prefix),
            prefix6=prefix6 or AUTO,
        )
        networkSettings(configuration).check()
        for key, value in (("prefix", configuration.prefix), ("prefix6", configuration.prefix6)):
            if reason := obstacle(value):
                raise ConfigurationInvalid("", key, reason)
        self._state.write(FOUNDED, f"{name} {configuration.prefix} {configuration.prefix6}\n".encode())
        try:
            admitter = await self._open(configuration)
        except BaseException:
            if not self._state.has(*NETWORK_FILES):
                self._state.remove(FOUNDED)
            raise
        try:
            return (await admitter.authority.administration.invite(admitter.endpoints())).text
        except PortUnavailable:
            return ""

    def _checkNew(self) -> None:
        stage = self._member.enrolment.stage
        if stage == "member":
            raise MembershipRefused("this node is a member of a network already: see wand status")
        if stage != "new" or self._state.has(FOUNDED):
            founded = (
                "it is just founding one"
                if self._opening.trouble is None
                else "it has founded one, and cannot enter it"
            )
            why = {"joining": "it redeems an invitation", "revoked": "its key was revoked"}
            raise MembershipRefused(
                f"this node cannot found a network, because {why.get(stage, founded)}: give it an "
                f"empty state directory in place of {self._state.path}"
            )

    async def _resume(self) -> Admitter:
        """
        Open the network that was founded; make it as it was asked for, if something came between that and its making.
        """
        asked = (self._state.read(FOUNDED) or b"").decode(errors="replace").split()
        if len(asked) in (2, 3):
            name, prefix, prefix6 = (*asked, NONE)[:3]  # an earlier release knew one prefix
            more = {"network": name, "prefix": prefix, "prefix6": prefix6}
            return await self._open(_likeServer(self._state, self._member.wish, **more))
        if not self._state.has(*NETWORK_FILES, SQLITE):
            path = self._state.path / FOUNDED
            raise StateUnavailable(
                f"{path} does not say which network was to be founded: remove it, and found it again"
            )
        return await self._open(_likeServer(self._state, self._member.wish))

    async def _open(self, configuration: ServerConfiguration) -> Admitter:
        self._opening.trouble = None
        self._store = AuthorityStore(configuration, self._context, self._hooks)
        try:
            admitter = await self._admitter(self._store, configuration)
        except BaseException:
            self._opening.failed(Failure())
            await self._closeStore()
            raise
        self._opening.done(admitter)
        return admitter

    async def _admitter(self, store: AuthorityStore, configuration: ServerConfiguration) -> Admitter:
        settings: NetworkSettings = attrs.evolve(
            networkSettings(configuration),
            reserve=tuple(self._reserve()),
            mac=self._member.mac,
            obstacle=_LOST if self._member.enrolment.stage == "member" else "",
        )
        settings.check()
        _, authority = await store.open(settings, lambda: bool(self.running))
        try:
            if not self.running:
                raise StateUnavailable("this node stops")
            authority.rotator.clocks = self._clocks
            admitter = Admitter(authority, self._member, self._context)
        except BaseException:
            authority.stop()
            raise
        sayFound(authority, self._context.notes, self._state.path, isRecoveryUsual=False)
        return admitter

    def _failed(self, failure: Failure) -> None:
        if self.running:
            text = f"this node cannot admit or renew members: {failure.getErrorMessage()}"
            self._log.error("{text}", text=text)
            self._context.notes.say(_NOTE, text)

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
        admitter, self._opening.result = self._opening.result, None
        if admitter is not None:
            admitter.stop()
        return Deferred.fromCoroutine(self._closeStore())

    async def _closeStore(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            await store.close()

    @property
    def _state(self) -> StateDirectory:
        return self._member.enrolment.state


def _likeServer(state: StateDirectory, name: str, **more: Any) -> ServerConfiguration:
    """
    What a server would be told.  A store that is lost is made anew: nearly everything in it is known to the members.
    """
    return ServerConfiguration(
        state=str(state.path),
        name=nameLike(name, "node"),
        allowOverlap=True,  # it was looked at before
        certificateHours=CERTIFICATE_HOURS,
        recover=True,
        **more,
    )
