"""
Names on a node: answered where the overlay is, while it is a member, and the host's resolver is told.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, Final

from twisted.application.service import Service
from twisted.internet.defer import Deferred, DeferredLock, succeed
from twisted.internet.interfaces import IDelayedCall
from twisted.internet.task import LoopingCall
from twisted.logger import Logger

from wand.config.names import domainOf
from wand.errors import AddressInvalid, PortUnavailable
from wand.interfaces import Context
from wand.sealed.node.node_membership import NodeMembership
from wand.sealed.node.overlap import interfacesOf

if TYPE_CHECKING:
    from wand.endpoint import Endpoint
    from wand.names.answering import Answering
    from wand.names.domain import Domain
    from wand.names.host_commands import HostCommands
    from wand.names.name_port import NamePort
    from wand.names.resolver_hook import Hooked

#: The ports that are tried: that of DNS, which needs privileges; one that is easy to find; any.
PORTS: Final = (53, 5335, 0)

#: Where names are answered if the overlay has no place on this host; port 53 is likely somebody else's there.
LOOPBACK: Final = "127.0.0.1"

#: Seconds until an address of the overlay that could not be used is tried once more.
RETRY: Final = 3.0

#: Seconds until a resolver that could not be told is told once more: at boot it may start after us.
RESOLVER_RETRY: Final = 30.0

#: Seconds between two looks whether the operator has done what a note says.
LOOK: Final = 10.0

#: Seconds for which it is said that somebody asked too much.
LIMITED_LIFETIME: Final = 300.0


class NodeNames(Service):
    """
    Follows the membership.  It has no use for the codec of DNS, 4 MB, before somebody asks.

    @ivar place: where names are answered; C{None} while they are not.
    """

    _log = Logger()

    def __init__(
        self, reactor: Any, setting: str, rate: int, context: Context, commands: HostCommands | None = None
    ) -> None:
        """
        @param setting: the domain, in which C{{network}} stands for the name of the network.
        @param rate: questions that one asker may ask a second.
        @param commands: of this host; another in tests.
        """
        self.place: Endpoint | None = None
        self._reactor = reactor
        self._setting = setting
        self._rate = rate
        self._context = context
        self._commands = commands
        self._member: NodeMembership | None = None
        self._interface = ""
        self._domain: Domain | None = None
        self._hosts: list[str] = []
        self._port: NamePort | None = None
        self._hooked: Hooked | None = None
        self._answering: Answering | None = None
        self._retry: IDelayedCall | None = None
        self._hasRetried = False
        self._looking = LoopingCall(self._lookAgain)
        self._looking.clock = context.clock
        self._order = DeferredLock()

    def look(self, member: NodeMembership, interface: str) -> None:
        """
        Our certificate may be another one: with another address, or the first.

        @param interface: the tap.
        """
        own, descriptor = member.enrolment.own, member.enrolment.descriptor
        if not self.running or own is None or descriptor is None:
            return
        from wand.names.domain import Domain  # what only members need

        try:
            name = domainOf(self._setting, descriptor.name)
        except AddressInvalid as error:
            self._context.notes.say("names", str(error), isHint=True)
            return
        domain = Domain(name, [*descriptor.prefixes, *own.addresses])
        hosts = sorted((each.partition("/")[0] for each in own.addresses), key=lambda each: ":" in each)
        if (domain, hosts) == (self._domain, self._hosts):
            return
        self._member, self._interface, self._domain, self._hosts = member, interface, domain, hosts
        self._hasRetried = False
        self._cancelRetry()
        self._do(self._reopen)

    def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        done = self._order.run(lambda: Deferred.fromCoroutine(work()))
        done.addErrback(lambda failure: self._context.failures.caught("names", failure))

    def _doLater(self, seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self.running:
            self._retry = self._context.clock.callLater(seconds, self._do, work)

    def _cancelRetry(self) -> None:
        if self._retry is not None and self._retry.active():
            self._retry.cancel()

    async def _open(self) -> None:
        port = self._bound()
        if port is None or self._domain is None:
            return
        self._port, self.place = port, port.place
        self._log.info("names: {domain} at {place}", domain=self._domain.name, place=str(port.place))
        if port.place.host != LOOPBACK and interfacesOf(self._interface):
            await self._tellResolver()

    async def _tellResolver(self) -> None:
        if self._port is None:
            return
        hooked = await self._context.deferToThread(partial(self._hook.hook, self._port.place, self._domain))
        self._hooked = hooked
        if hooked.advice:
            self._context.notes.say("names", hooked.advice, isHint=True)
            if not self._looking.running:
                self._looking.start(LOOK, now=False)
            self._doLater(RESOLVER_RETRY, self._tellResolver)
        else:
            self._found()

    def _lookAgain(self) -> Deferred[None]:
        """
        Does the resolver of the host ask us by now?
        """
        if self.place is None:
            return succeed(None)
        looked = self._context.deferToThread(partial(self._hook.isAsked, self.place))
        looked.addCallback(lambda isAsked: self._found() if isAsked else None)
        return looked.addErrback(lambda failure: self._context.failures.caught("names", failure))

    def _asked(self, host: str) -> None:
        """
        This host asks, if somebody else on it passes the questions on, such as dnsmasq, which resolv.conf does not say.
        """
        if self._looking.running and (host in self._hosts or ip_address(host.partition("%")[0]).is_loopback):
            self._found()

    def _found(self) -> None:
        self._cancelRetry()
        if self._looking.running:
            self._looking.stop()
        self._context.notes.clear("names")

    async def _reopen(self) -> None:
        await self._close()
        if self.running:
            await self._open()

    @property
    def _hook(self) -> Any:
        from wand.names.host_commands import SystemCommands
        from wand.names.resolver_hook import ResolverHook

        return ResolverHook(self._commands or SystemCommands(), self._interface)

    def _bound(self) -> NamePort | None:
        from wand.names.name_port import Askers, openPort
        from wand.timing.token_buckets import TokenBuckets

        context = self._context
        buckets = TokenBuckets(context.clock, self._rate, self._rate)
        askers = Askers(self._domainNow, buckets, self._asked, self._limited, context.counters, context.failures)
        reason = ""
        for host in (*self._hosts, LOOPBACK):
            ports = PORTS[1:] if host == LOOPBACK else PORTS
            try:
                return openPort(self._reactor, host, ports, self, askers)
            except PortUnavailable as error:
                reason = reason or str(error)
            if host != LOOPBACK and not self._hasRetried:  # IPv6 addresses take a second until they can be used
                self._hasRetried = True
                self._doLater(RETRY, self._reopen)
                return None
        context.notes.say("names", f"members are not found by name on this host: {reason}", isHint=True)
        return None

    def _domainNow(self) -> Domain:
        assert self._domain is not None
        return self._domain

    async def answer(self, octets: bytes) -> bytes | None:
        """
        See L{wand.names.name_port.Answerer}.
        """
        if self._answering is None:
            self._answering = self._made()
        return await self._answering.answer(octets)

    def _made(self) -> Answering:
        from wand.names.answering import Answering  # 4 MB that a node does not need before somebody asks
        from wand.names.member_names import MemberNames

        member = self._member
        assert member is not None
        names = MemberNames(member.sealed.participant, member.search)
        return Answering(names, self._domainNow, lambda: member.enrolment.stage == "member", self._context.counters)

    def _limited(self, host: str) -> None:
        self._context.notes.say(
            "names-rate",
            f"{host} asks for names more often than {self._rate} times a second, and what is beyond gets no answer; "
            "names-rate in the configuration sets the limit",
            isHint=True,
            lifetime=LIMITED_LIFETIME,
        )

    def stopService(self) -> Deferred[None]:
        """
        Answer nobody any more, and let the resolver forget us.
        """
        super().stopService()
        self._cancelRetry()
        if self._domain is None:
            return succeed(None)
        return self._order.run(lambda: Deferred.fromCoroutine(self._close()))

    async def _close(self) -> None:
        port, self._port, self.place = self._port, None, None
        hooked, self._hooked = self._hooked, None
        if self._looking.running:
            self._looking.stop()
        if hooked is not None and hooked.by:
            await self._context.deferToThread(partial(self._hook.undo, hooked))
        if port is not None:
            await port.close()
