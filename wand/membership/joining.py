"""
Joining and renewing, on the node: what is asked of a server, and when it is asked again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from wand.errors import MembershipRefused, StateUnavailable
from wand.ethernet import MAC
from wand.membership.enrolment import Enrolment
from wand.membership.messages import Admitted, Join, Pending, Refused, Renew, Renewed

#: Seconds after which a request that got no answer is made again: at first, and at the most.
PATIENCE: Final = 2.0
PATIENCE_MAXIMUM: Final = 30.0


class Joining:
    """
    Redeems the invitation of an L{Enrolment}.

    @ivar mac: the address of the tap.
    @ivar done: fires with C{None} once the node is a member; fails with L{MembershipRefused} if it is refused, and with
        L{StateUnavailable} if what it got can not be kept.
    """

    def __init__(
        self, enrolment: Enrolment, name: str, mac: MAC, clock: IReactorTime, send: Callable[[Join], object]
    ) -> None:
        """
        @param name: what the node would like to be called.
        @param mac: the address of its tap.
        @param send: sends a message to the server of the invitation, in a join session.
        """
        self.done: Deferred[None] = Deferred()
        self._enrolment = enrolment
        self._name = name
        self.mac = mac
        self._clock = clock
        self._send = send
        self._patience = PATIENCE
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """
        Ask, and ask again until there is an answer.
        """
        join = self._enrolment.join(self._name, self.mac)
        if join is not None:
            self._send(join)
            self._again(self._patience)
            self._patience = min(2 * self._patience, PATIENCE_MAXIMUM)

    def received(self, message: Admitted | Pending | Refused) -> None:
        """
        The server answered.  An answer that is not valid is ignored, as if it had not come.
        """
        if self._timer is None:
            return
        match message:
            case Pending():
                self._again(PATIENCE_MAXIMUM)
            case Refused(reason):
                self.stop()
                self.done.errback(MembershipRefused(reason))
            case Admitted():
                self._admitted(message)

    def stop(self) -> None:
        """
        Ask no more.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _admitted(self, message: Admitted) -> None:
        try:
            if not self._enrolment.admitted(message):
                return
        except StateUnavailable as error:
            self.stop()
            self.done.errback(error)
        else:
            self.stop()
            self.done.callback(None)

    def _again(self, seconds: float) -> None:
        self.stop()
        self._timer = self._clock.callLater(seconds, self._due)

    def _due(self) -> None:
        self._timer = None
        self.start()


class Renewal:
    """
    Keeps the certificate of a member fresh.

    @ivar mac: the address of the tap, which the certificate shall have.
    """

    _log = Logger()

    def __init__(
        self,
        enrolment: Enrolment,
        mac: MAC,
        clock: IReactorTime,
        send: Callable[[Renew], object],
        renewed: Callable[[], object],
    ) -> None:
        """
        @param mac: the address of the tap.
        @param send: sends a message to a server; does nothing while there is no session with one.
        @param renewed: called when there is a new certificate, which means a new claim, too, if its content is new.
        """
        self._enrolment = enrolment
        self.mac = mac
        self._clock = clock
        self._send = send
        self._renewed = renewed
        self._timer: IDelayedCall | None = None

    def start(self) -> None:
        """
        Ask as soon as it is due, and then every 30 s until there is an answer.  To be called again when a session with
        a server begins.
        """
        self.stop()
        own = self._enrolment.own
        if own is None:
            return
        wait = self._enrolment.renewalDue - self._clock.seconds() if self.mac in own.macs else 0.0
        if wait <= 0:
            self._send(Renew(self.mac))
            wait = PATIENCE_MAXIMUM
        self._timer = self._clock.callLater(wait, self.start)

    def received(self, message: Renewed | Refused) -> None:
        """
        A server answered, or tells of a change unasked.
        """
        if isinstance(message, Refused):
            self._log.warn("the certificate is not renewed: {reason}", reason=message.reason)
            return
        try:
            isNews = self._enrolment.renewed(message.certificate)
        except StateUnavailable as error:
            self._log.error("the new certificate can not be kept: {error}", error=error)
            return
        if isNews:
            self.start()
            self._renewed()

    def stop(self) -> None:
        """
        Ask no more.
        """
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None
