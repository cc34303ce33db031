"""
A node that founded its network, and admits others: what a server does about members, beside what every node does.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
from twisted.application.service import Service
from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.config import ServerConfiguration
from wand.errors import ConfigurationInvalid, MembershipRefused, PortUnavailable, StateUnavailable
from wand.ethernet import MAC
from wand.interfaces import Context
from wand.programs.authority_notes import sayFound, sayWaiting
from wand.programs.authority_store import AuthorityStore, networkSettings
from wand.programs.hooks import HookService
from wand.sealed.authority.admissions import Admissions
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.stored_network import NETWORK_FILES, NetworkSettings
from wand.sealed.credentials.fields import nameLike
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.messages import Message, Renew, Renewed
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.token import ENDPOINTS_MAXIMUM
from wand.sealed.credentials.trust import Trust
from wand.sealed.node.enrolment_files import FOUNDED
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.node.overlap import freePrefix, obstacle
from wand.state import StateDirectory

#: For how many hours the certificate of a member is valid.  Members go on that long while nobody renews certificates: a
#: node that founded a network may be switched off for longer than a server.
CERTIFICATE_HOURS: Final = 30 * 24

#: The key of the note about a store that cannot be used.
_NOTE: Final = "admission"


class Admitter:
    """
    Admits members, at a node that is a member itself.

    @ivar authority: the members.
    """

    def __init__(self, authority: Authority, member: NodeMembership, context: Context) -> None:
        self.authority = authority
        self._member = member
        self._identity = member.enrolment.identity
        sealed = member.sealed
        admissions = Admissions(authority, member.sessions, sealed.control, context, lambda identity: None)
        for observer in (admissions, self):
            authority.observe(observer)
        member.enrolment.admitting = authority.own
        self._begin()

    def _begin(self) -> None:
        """
        Be a member of our own network, unless we are, and know with our membership who was revoked.
        """
        enrolment, network = self._member.enrolment, self.authority.network
        isNew = enrolment.own is None
        if isNew:
            enrolment.enter(network.identity, network.signedDescriptor, network.secret, self.authority.own.certificate)
        ours, theirs = self.authority.trust, enrolment.trust
        assert theirs is not None
        _share(ours, theirs)
        _share(theirs, ours)
        self._member.certificate.answerer = self._renew
        if isNew:
            self._member.founded()

    def _renew(self, message: Renew) -> Deferred[Message]:
        return Deferred.fromCoroutine(self.authority.requests.renew(self._identity, MAC(message.mac)))

    def endpoints(self) -> list[str]:
        """
        Where others reach this node.

        @raise PortUnavailable: if nobody knows.
        """
        found = [str(each.endpoint) for each in self._member.candidates.candidates()]
        if not found:
            raise PortUnavailable("this node does not know where others reach it: say so with --endpoint HOST:PORT")
        return found[:ENDPOINTS_MAXIMUM]

    # What the authority tells.

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        """
        See L{wand.sealed.authority.authority.AuthorityObserver}.
        """
        if identity == self._identity:
            self._member.certificate.take(Renewed(certificate))

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        """
        See L{wand.sealed.authority.authority.AuthorityObserver}: our membership hears of it by itself, once it is
        signed.
        """


class NodeAdmission(Service):
    """
    Opens the store of a network that was founded here, and admits members as long as the node runs.

    @ivar server: at work; C{None} until the store is read.
    """

    _log = Logger()

    def __init__(self, context: Context, hooks: HookService, member: NodeMembership) -> None:
        """
        @param hooks: those that are asked before somebody is admitted.
        """
        self.server: Admitter | None = None
        self._context = context
        self._member = member
        self._hooks = hooks
        self._store: AuthorityStore | None = None
        self._waiting: list[Deferred[Admitter]] = []

    def opened(self) -> Deferred[Admitter]:
        """
        Wait until the store is read.
        """
        if self.server is not None:
            return succeed(self.server)
        waiting: Deferred[Admitter] = Deferred()
        self._waiting.append(waiting)
        return waiting

    def startService(self) -> None:
        """
        Open the store of the network that was founded here, if one was.
        """
        super().startService()
        if self._state.has(FOUNDED):
            Deferred.fromCoroutine(self._open(_likeServer(self._state, self._member.wish))).addErrback(self._failed)

    async def found(self, name: str, prefix: str) -> str:
        """
        Make a network.

        @param prefix: where overlay addresses come from; empty for the usual one, or one that is free on this host.
        @return: the first invitation, for one node within a day; empty if nobody knows where others reach this node.
        @raise MembershipRefused: if this node is a member already.
        @raise wand.errors.ConfigurationInvalid: if the name or the prefix cannot be used.
        @raise wand.errors.WandError: if something cannot be kept.
        """
        self._checkNew()
        configuration = _likeServer(
            self._state, self._member.wish, network=name, prefix=prefix or freePrefix(NetworkSettings().prefix)
        )
        networkSettings(configuration).check()
        reason = obstacle(configuration.prefix)
        if reason:
            raise ConfigurationInvalid("", "prefix", reason)
        self._state.write(FOUNDED, f"{name}\n".encode())
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
            why = {"joining": "it redeems an invitation", "revoked": "its key was revoked"}
            raise MembershipRefused(
                f"this node cannot found a network, because {why.get(stage, 'it is just founding one')}: give it an "
                f"empty state directory in place of {self._state.path}"
            )

    async def _open(self, configuration: ServerConfiguration) -> Admitter:
        self._store = store = AuthorityStore(configuration, self._context, self._hooks)
        settings: NetworkSettings = attrs.evolve(networkSettings(configuration), mac=self._member.mac)
        _, authority = await store.open(settings, lambda: bool(self.running))
        if not self.running:
            authority.stop()
            raise StateUnavailable("this node stops")
        self.server = admitter = Admitter(authority, self._member, self._context)
        sayFound(authority, self._context.notes, self._state.path, isRecoveryUsual=False)
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.callback(admitter)
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
        admitter, self.server = self.server, None
        if admitter is not None:
            admitter.authority.stop()
        return succeed(None) if self._store is None else Deferred.fromCoroutine(self._store.close())

    @property
    def _state(self) -> StateDirectory:
        return self._member.enrolment.state


def _share(trust: Trust, other: Trust) -> None:
    """
    Whom one knows to be revoked, the other knows, too.
    """
    for revocation in trust.revocations:
        content = unverified(revocation, Revocation)
        if content is not None and not other.isRevoked(content.identity):
            other.revoke(revocation)
    trust.observe(lambda identity, revocation: other.revoke(revocation))


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
