"""
The console as a service of a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IProtocolFactory
from twisted.logger import Logger

from wand.config import localPlace
from wand.console.access import Access
from wand.console.admission import Admission
from wand.console.asking import Asking, Connect
from wand.console.event_feed import EventFeed
from wand.console.tickets import makeSecret
from wand.health.notes import Notes
from wand.interfaces import Context
from wand.web.web_service import WebService

if TYPE_CHECKING:
    from wand.console.live_readings import LiveReadings


@attrs.frozen
class ConsoleSettings:
    """
    What the operator says of the console.

    @ivar place: C{HOST:PORT}, the host a numeric address.
    @ivar certificate: the file with the certificate and its key, in PEM; empty for no TLS.
    @ivar names: by which names browsers ask for it.
    """

    place: str
    certificate: str
    names: Sequence[str]

    @property
    def url(self) -> str:
        """
        Where browsers find it.
        """
        host, port = localPlace(self.place)
        named = self.names[0] if self.names else f"[{host}]" if ":" in host else host
        return f"{'https' if self.certificate else 'http'}://{named}:{port}"

    @property
    def cookie(self) -> str:
        """
        What its cookie is called.  Browsers hold cookies apart by hosts, and not by ports.
        """
        name = f"wand-console-{localPlace(self.place)[1]}"
        return f"__Host-{name}" if self.certificate else name

    def tls(self) -> IOpenSSLServerConnectionCreator | None:
        """
        What makes connections with TLS; C{None} without a certificate.

        @raise wand.errors.ConfigurationInvalid: if the certificate cannot be used.
        """
        if not self.certificate:
            return None
        from wand.underlay.streams.tls import showing  # 4.4 MB that most do without

        return showing(self.certificate, "console-certificate")


class ConsoleService(WebService):
    """
    Serves the console.

    @ivar access: who may use it.
    """

    _log = Logger()

    def __init__(
        self, reactor: Any, settings: ConsoleSettings, context: Context, dial: Connect, notes: Notes | None = None
    ) -> None:
        """
        @param dial: connects to the control socket of the program.
        @param notes: see L{WebService}.
        """
        self.access = Access(reactor, context.epoch, context.counters, settings.url, expect=self._expect)
        self._names = settings.names
        self._tls = settings.tls()
        self._context = context
        self._asking = Asking(dial)
        self._feed = EventFeed(dial, reactor, context.counters, makeSecret)
        self._admission = Admission(self.access, context.counters, settings.cookie)
        self._live: LiveReadings | None = None
        self._isExpecting = False
        super().__init__(reactor, settings.place, self._make, context.counters, notes)

    def _expect(self) -> None:
        """
        Have imported what a browser needs, beside the frames: done when it is there, it keeps them for some 0.2 s.
        """
        if self._isExpecting:
            return
        self._isExpecting = True
        worker = self._context.makeWorker("console")
        worker.do(_import).addErrback(partial(self._log.failure, "the console cannot be imported"))
        worker.stop()

    def _make(self) -> IProtocolFactory:
        from wand.console.composing import composed  # 9 MB, which nobody needs who does not look
        from wand.console.live_readings import LiveReadings

        reactor, context = self._reactor, self._context
        self._live = LiveReadings(self._feed, reactor, context.wallClock, context.makeWorker)
        return composed(
            reactor, context.wallClock, self.access, self._admission, self._asking, self._live, self._names, self._tls
        )

    def stopService(self) -> Deferred[None]:
        """
        Close the port, and end what is under way.
        """
        self._feed.close()
        if self._live is not None:
            self._live.stop()
        self._asking.close()
        return super().stopService()


def _import() -> None:
    import wand.console.composing  # noqa: F401
