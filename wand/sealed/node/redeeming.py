"""
Redeeming an invitation, on a node: find its server, ask it, and tell the operator what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf
from typing import Final, TypeAlias

from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.endpoint import Endpoint
from wand.interfaces import Context, ISessions, ITap, JoinKey
from wand.interfaces.sessions import LAN
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.messages import Admitted, Message, NotNow, Pending, Refused, pack, parse
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.joining import Joining
from wand.sealed.node.server_streams import ServerStreams
from wand.sealed.node.start_invitation import FILE_NOTE, OPEN_FILE_NOTE
from wand.underlay.names import resolverOf
from wand.underlay.server_endpoints import ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames

#: The key of the note about it.
JOIN_NOTE: Final = "join"

#: For how many seconds a server may be silent that we ask, before another one of the invitation is asked.
SERVER_PATIENCE: Final = 6.0

#: What the operator of a node is told that somebody has to admit.
APPROVAL_ADVICE: Final = (
    "the server keeps the request: somebody there must approve it (wand approve) or sign it (wand requests, wand sign)"
)

#: For how many seconds the operator of a member is told that an invitation was refused.
REFUSAL_LIFETIME: Final = 3600.0

#: Asks on our links where the node is that made an invitation, and tells.
LookOnLinks: TypeAlias = Callable[[Token, Callable[[Endpoint], object]], object]


class Redeeming:
    """
    Redeems the invitation that an enrolment keeps, for a node that joins, and for a member that is to get more.

    @ivar wish: what the node would like to be called.
    @ivar refusal: why the last one was refused; empty if it was not.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        sessions: ISessions,
        tap: ITap,
        context: Context,
        name: str,
        redeemed: Callable[[Certificate, Certificate | None], object],
        streams: ServerStreams | None = None,
        lookOnLinks: LookOnLinks = lambda token, found: None,
    ) -> None:
        """
        @param name: what the node would like to be called.
        @param redeemed: called with what our certificate says now, and what it said before; C{None} if there was none.
        @param streams: open a stream to the server if UDP is not answered; C{None} if there are none.
        @param lookOnLinks: asks on our links where the node is that made an invitation.
        """
        self._enrolment = enrolment
        self._sessions = sessions
        self._tap = tap
        self._clock = context.clock
        self._random = context.random
        self._events = context.events
        self._notes = context.notes
        self.refusal = ""
        self.wish = name
        self._redeemed = redeemed
        self._streams = streams
        self._lookOnLinks = lookOnLinks
        self._joining: Joining | None = None
        self._server: JoinKey | None = None
        self._turn = 0
        self._silentSince = inf  # infinite while no question is open
        self._endpoints: ServerEndpoints | None = None
        self._before: Certificate | None = None
        self._askedSince: float | None = None  # infinite once the server answered
        sessions.onJoin(self._answered)

    def begin(self) -> None:
        """
        Redeem the invitation, in place of one before.
        """
        token = self._enrolment.token
        assert token is not None
        self._end()
        self._before = self._enrolment.own
        self._approach(token, 0)
        self._joining = Joining(
            self._enrolment, self.wish, self._tap.mac, self._clock, self._random, self._ask, self._delayed
        )
        self._joining.done.addCallbacks(self._joined, self._refused)
        self._joining.start()

    def _approach(self, token: Token, turn: int) -> None:
        """
        Ask one of the invitation's servers from now on, in their turn.
        """
        self._turn, self._silentSince = turn, inf
        asked = token.servers[turn % len(token.servers)]
        self._server = server = self._sessions.join(asked.server, [], token.invitation, token.secret)
        unresolved = UnresolvedNames(self._notes, "the invitation")
        self._endpoints = ServerEndpoints(
            asked.endpoints, resolverOf(self._clock), partial(self._found, server), self._clock, unresolved
        )

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        if self._joining is not None:
            self._joining.stop()
        if self._endpoints is not None:
            self._endpoints.stop()

    def macChanged(self) -> None:
        """
        The tap has another address, for which to ask.
        """
        if self._joining is not None:
            self._joining.mac = self._tap.mac

    @property
    def unansweredFor(self) -> float:
        """
        For how many seconds we have been asking a server that we found, without any answer.
        """
        return 0.0 if self._askedSince is None else max(0.0, self._clock.seconds() - self._askedSince)

    # Asking.

    def _found(self, server: JoinKey, endpoints: list[Endpoint]) -> None:
        self._sessions.introduceServer(server, endpoints)
        if self._askedSince is None:
            self._askedSince = self._clock.seconds()
        if self._joining is not None:
            self._joining.hasten()

    def _ask(self, message: Message) -> None:
        token = self._enrolment.token
        if token is None:
            return
        now = self._clock.seconds()
        if now - self._silentSince >= SERVER_PATIENCE and len(token.servers) > 1:
            self._leave()
            self._approach(token, self._turn + 1)
        self._silentSince = min(self._silentSince, now)
        if self._server is not None and self._endpoints is not None:
            self._endpoints.look()
            if self._streams is not None:
                self._streams.join(self._server, token.servers[self._turn % len(token.servers)].endpoints)
            if token.admission:
                self._lookOnLinks(token, partial(self._foundOnLink, self._server))
            self._sessions.sendControl(self._server, pack(message))

    def _foundOnLink(self, server: JoinKey, place: Endpoint) -> None:
        if server == self._server:
            self._sessions.introduceServer(server, [place], LAN)
            self._sessions.seek(server)

    def _answered(self, server: JoinKey, octets: bytes) -> None:
        message = parse(octets)
        isOurs = self._joining is not None and server == self._server
        if isOurs and self._joining is not None and isinstance(message, Admitted | Pending | Refused | NotNow):
            self._askedSince = inf
            self._silentSince = -inf if isinstance(message, NotNow) else inf  # another may be able to
            if isinstance(message, Pending):
                self._notes.say(JOIN_NOTE, APPROVAL_ADVICE)
            self._joining.received(message)

    def _delayed(self, reason: str) -> None:
        self._notes.say(JOIN_NOTE, f"the invitation is not redeemed yet; the node tries again by itself: {reason}")

    # What becomes of it.

    def _joined(self, _: None) -> None:
        self._end()
        own = self._enrolment.own
        assert own is not None
        for note in (FILE_NOTE, OPEN_FILE_NOTE):
            self._notes.clear(note)
        if self._before is None:
            self.sayEntered(own)
        else:
            self._sayRedeemed(self._before, own)
        self._redeemed(own, self._before)

    def sayEntered(self, own: Certificate) -> None:
        """
        Tell that we are a member now.
        """
        self._notes.clear(JOIN_NOTE)
        self._log.info("this node is {name} now, a member of {network}", name=own.name, network=self._network)
        known = {"name": own.name, "key": own.identity.hex()}
        self._events.publish("joined", **known, network=self._network, addresses=" ".join(own.addresses))

    def _sayRedeemed(self, before: Certificate, own: Certificate) -> None:
        gains = ["the bridge right"] * (own.bridge and not before.bridge)
        gains += ["the relay right"] * (own.relay and not before.relay)
        gains += ["the right to admit members"] * (own.admission and not before.admission)
        gains += ["larger limits"] * (own.limits != before.limits)
        gained = " and ".join(gains) or "nothing more"
        self._log.info("this node is a member already; the invitation gives it {gained}", gained=gained)
        self._events.publish("redeemed", gained=gained, network=self._network)

    def _refused(self, failure: Failure) -> None:
        self._end()
        self._enrolment.invitation.forget()
        reason = self.refusal = failure.getErrorMessage()
        if self._enrolment.stage == "member":
            note = f"an invitation was refused ({reason}); this node is a member as before"
            self._notes.say(JOIN_NOTE, note, isHint=True, lifetime=REFUSAL_LIFETIME)
        else:
            self._notes.say(JOIN_NOTE, f"not admitted: {reason}")
        self._log.error("the invitation is refused: {reason}", reason=reason)
        self._events.publish("join-refused", reason=reason)

    def _end(self) -> None:
        self._notes.clear(JOIN_NOTE)
        self.refusal = ""
        self._askedSince = None
        self.stop()
        self._joining = None
        self._leave()

    def _leave(self) -> None:
        if self._endpoints is not None:
            self._endpoints.stop()
        if self._server is not None:
            self._endStream(self._server)
            self._sessions.end(self._server)
            self._server = None

    def _endStream(self, server: JoinKey) -> None:
        if self._streams is not None:
            self._streams.joined(server)

    @property
    def _network(self) -> str:
        return self._enrolment.descriptor.name if self._enrolment.descriptor else ""
