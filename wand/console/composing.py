"""
The site of the console, put together: with it come a web server, templates and what looks for faults.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet.interfaces import IOpenSSLServerConnectionCreator, IProtocolFactory

from wand.console.access import Access
from wand.console.actions import ACTIONS
from wand.console.admission import Admission
from wand.console.api import API
from wand.console.asking import Asking
from wand.console.catalogue import withCatalogue
from wand.console.console_request import ConsoleRequest
from wand.console.live_readings import LiveReadings
from wand.console.pages import PAGES, Pages
from wand.console.readings import READINGS
from wand.console.site import ConsoleSite
from wand.console.static_files import ownFiles
from wand.version import __version__
from wand.web.hosts import TheseNames
from wand.web.sites import siteOf


def composed(
    reactor: Any,
    wallClock: Callable[[], float],
    access: Access,
    admission: Admission,
    asking: Asking,
    live: LiveReadings,
    names: Sequence[str],
    tls: IOpenSSLServerConnectionCreator | None,
) -> IProtocolFactory:
    """
    What makes the protocols of the site.

    @param names: by which names browsers ask for it.
    @param tls: makes connections with TLS; C{None} for none.
    """
    api = API(withCatalogue((*READINGS, *live.routes, *ACTIONS)), admission, asking, reactor, wallClock)
    files = ownFiles()
    pages = Pages(version=__version__, static=f"/static/{files.version}", pages=list(PAGES.items()))
    site = ConsoleSite(access, admission, asking, api, pages, files)
    requests = type("NamedRequest", (ConsoleRequest,), {"hosts": TheseNames(names)})
    return siteOf(reactor, site, requests, tls)
