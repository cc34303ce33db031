"""
Joining and renewing, on the node: what is asked of a server, and when it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.errors import MembershipRefused
from wand.ethernet import MAC
from wand.health.notes import Notes
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.key_binding import bindingOf
from wand.sealed.credentials.messages import Admitted, Join, JoinProof, NotNow, Pending, Refused, Renew, Renewed
from wand.sealed.credentials.signed import signature
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.timing.timer import Timer

#: Seconds after which a request that got no answer is made again: at first, and at most.
REQUEST_PATIENCE: Final = 2.0
REQUEST_PATIENCE_MAXIMUM: Final = 30.0

#: Seconds after which a pending request is made again: soon enough for the session to stay.
PENDING_PATIENCE: Final = 20.0

#: Seconds after which a request is made again if the server could not answer: at first, and at most; and how much
#: longer at random, as a fraction.
RETRY_DELAY: Final = 1.0
RETRY_DELAY_MAXIMUM: Final = 40.0
RETRY_JITTER: Final = 0.5

#: Seconds between two looks at whether it is time for a new certificate, at most: the clock may be set.
RENEWAL_LOOK: Final = 300.0


def joinRequest(key: NodeKey, token: Token, name: str, mac: MAC, addresses: tuple[str, ...] = ()) -> Join:
    """
    The request to join, for the server of an invitation.

    @param name: what the node would like to be called.
    @param mac: the address of its tap.
    @param addresses: the overlay addresses that it would like.
    """
    proof = JoinProof(token.network, key.identity, key.exchangePublic, token.invitation)
    return Join(key.identity, name[:64], mac, signature(key.signing, proof), bindingOf(key), addresses)


class Joining:
    """
    Redeems the invitation of an L{Enrolment}.

    @ivar mac: the address of the tap.
    @ivar done: fires with C{None} once the invitation is redeemed; fails with L{MembershipRefused} if it is refused.
        Whatever else goes wrong passes, and it asks again.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        name: str,
        mac: MAC,
        clock: IReactorTime,
        random: Random,
        send: Callable[[Join], object],
        delayed: Callable[[str], object],
    ) -> None:
        """
        @param name: what the node would like to be called.
        @param mac: the address of its tap.
        @param random: for jitter.
        @param send: sends a message to the server of the invitation, in a join session.
        @param delayed: called with the reason whenever it has to wait because something does not work now.
        """
        self.done: Deferred[None] = Deferred()
        self._enrolment = enrolment
        self._name = name
        self.mac = mac
        self._random = random
        self._send = send
        self._delayed = delayed
        self._patience = REQUEST_PATIENCE
        self._trouble = RETRY_DELAY
        self._timer = Timer(clock, self.start)

    def start(self) -> None:
        """
        Ask, and ask again until there is an answer.
        """
        token = self._enrolment.token
        if token is not None:
            self._timer.stop()
            try:
                wanted = self._enrolment.invitation.addresses
                self._send(joinRequest(self._enrolment.key, token, self._name, self.mac, wanted))
            finally:
                self._timer.set(self._patience)
                self._patience = min(2 * self._patience, REQUEST_PATIENCE_MAXIMUM)

    def hasten(self) -> None:
        """
        The server was found just now: if we wait for the next time to ask, and are not asking already, it is now.
        """
        if self._timer.isSet:
            self._patience = REQUEST_PATIENCE
            self._timer.set(0.0)

    def received(self, message: Admitted | Pending | Refused | NotNow) -> None:
        """
        The server answered.  An answer that is not valid is ignored, as if it had not come.
        """
        if not self._timer.isSet:
            return
        match message:
            case Pending():
                self._timer.set(PENDING_PATIENCE)
            case NotNow(reason):
                self._wait(reason)
            case Refused(reason):
                self.stop()
                self.done.errback(MembershipRefused(reason))
            case Admitted():
                self._admitted(message)

    def stop(self) -> None:
        """
        Stop asking.
        """
        self._timer.stop()

    def _admitted(self, message: Admitted) -> None:
        if self._enrolment.admitted(message):
            self.stop()
            self.done.callback(None)

    def _wait(self, reason: str) -> None:
        self._timer.set(self._trouble * (1 + RETRY_JITTER * self._random.random()))
        self._trouble = min(2 * self._trouble, RETRY_DELAY_MAXIMUM)
        self._delayed(reason)


class Renewal:
    """
    Keeps the certificate of a member fresh.

    @ivar mac: the address of the tap, which the certificate is to have.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        mac: MAC,
        clock: IReactorTime,
        send: Callable[[Renew], object],
        renewed: Callable[[], object],
        notes: Notes,
    ) -> None:
        """
        @param mac: the address of the tap.
        @param send: sends a message to a server; does nothing while there is no session with one.
        @param renewed: called when there is a new certificate, which means a new claim, too, if its content is new.
        @param notes: told, under C{renewal}, while there is none because something is wrong.
        """
        self._enrolment = enrolment
        self.mac = mac
        self._send = send
        self._renewed = renewed
        self._notes = notes
        self._timer = Timer(clock, self.start)

    def start(self, *, isUrgent: bool = False) -> None:
        """
        Ask as soon as it is due, and then every 30 s until there is an answer.  To be called again when a session with
        a server begins.

        @param isUrgent: ask now in any case.
        """
        self.stop()
        own = self._enrolment.own
        if own is None:
            return
        wait = self._enrolment.renewalIn if self.mac in own.macs and not isUrgent else 0.0
        self._timer.set(min(wait, RENEWAL_LOOK) if wait > 0 else REQUEST_PATIENCE_MAXIMUM)
        if wait <= 0:
            self._send(Renew(self.mac))

    def received(self, message: Renewed | Refused | NotNow) -> None:
        """
        A server answered, or tells of a change unasked.
        """
        if not isinstance(message, Renewed):
            self._notRenewed(message)
            return
        isNews = self._enrolment.renewed(message.certificate)
        self._notes.clear("renewal")
        if isNews:
            self.start()
            self._renewed()

    def _notRenewed(self, message: Refused | NotNow) -> None:
        self._log.warn("the certificate is not renewed: {reason}", reason=message.reason)
        what = "refuses to renew" if isinstance(message, Refused) else "cannot renew now"
        self._notes.say(
            "renewal",
            f"the server {what} the certificate of this node, which asks again by itself: {message.reason}",
            isHint=isinstance(message, NotNow),
        )

    def stop(self) -> None:
        """
        Stop asking.
        """
        self._timer.stop()
