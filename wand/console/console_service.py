"""
The console as a service of a program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator

from wand.config import localPlace
from wand.console.access import Access
from wand.console.actions import ACTIONS
from wand.console.admission import Admission
from wand.console.api import API
from wand.console.asking import Asking, Connect
from wand.console.catalogue import withCatalogue
from wand.console.console_request import ConsoleRequest
from wand.console.event_feed import EventFeed
from wand.console.live_readings import LiveReadings
from wand.console.pages import PAGES, Pages
from wand.console.readings import READINGS
from wand.console.site import ConsoleSite
from wand.console.static_files import ownFiles
from wand.console.tickets import makeSecret
from wand.interfaces import Context
from wand.version import __version__
from wand.web.hosts import TheseNames
from wand.web.web_service import WebService


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

    def __init__(self, reactor: Any, settings: ConsoleSettings, context: Context, dial: Connect) -> None:
        """
        @param dial: connects to the control socket of the program.
        """
        counters, wallClock = context.counters, context.wallClock
        self.access = Access(reactor, context.epoch, counters, settings.url)
        self._asking = Asking(dial)
        self._feed = EventFeed(dial, reactor, counters, makeSecret)
        self._live = LiveReadings(self._feed, reactor, wallClock, context.makeWorker)
        admission = Admission(self.access, counters, settings.cookie)
        routes = withCatalogue((*READINGS, *self._live.routes, *ACTIONS))
        api = API(routes, admission, self._asking, reactor, wallClock)
        files = ownFiles()
        pages = Pages(version=__version__, static=f"/static/{files.version}", pages=list(PAGES.items()))
        site = ConsoleSite(self.access, admission, self._asking, api, pages, files)
        requests = type("NamedRequest", (ConsoleRequest,), {"hosts": TheseNames(settings.names)})
        super().__init__(reactor, settings.place, site, counters, requests, settings.tls())

    def stopService(self) -> Deferred[None]:
        """
        Close the port, and end what is under way.
        """
        self._feed.close()
        self._live.stop()
        self._asking.close()
        return super().stopService()
