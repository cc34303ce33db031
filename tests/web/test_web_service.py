"""
Tests for L{wand.web.web_service}, on a reactor in memory.
"""

from __future__ import annotations

import errno
from functools import partial
from unittest.mock import Mock

from twisted.internet.error import CannotListenError
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from wand.counters import Counters
from wand.errors import PortUnavailable
from wand.events import Events
from wand.health.notes import Notes
from wand.web.sites import siteOf
from wand.web.web_service import RETRY, WebService


class WebServiceTests(SynchronousTestCase):
    """
    How a web site is opened and closed.
    """

    def setUp(self) -> None:
        """
        A web site that is not open yet.
        """
        self.reactor = MemoryReactorClock()
        self.counters = Counters()
        make = partial(siteOf, self.reactor, Resource())
        self.service = WebService(self.reactor, "127.0.0.1:9450", make, self.counters)

    def test_openedOnce(self) -> None:
        """
        With the privileges of the start, or without, it is opened once.
        """
        self.service.privilegedStartService()
        self.service.startService()
        self.assertEqual([each[0] for each in self.reactor.tcpServers], [9450])
        self.assertEqual(self.reactor.tcpServers[0][3], "127.0.0.1")

    def test_openedWithoutPrivileges(self) -> None:
        """
        Where there is no privileged start it is opened all the same.
        """
        self.service.startService()
        self.assertEqual(len(self.reactor.tcpServers), 1)

    def test_closed(self) -> None:
        """
        It can be stopped before it was started, and more than once.
        """
        self.successResultOf(self.service.stopService())
        self.service.startService()
        self.successResultOf(self.service.stopService())
        self.successResultOf(self.service.stopService())
        self.assertIsNone(self.service.endpoint)

    def test_anAddressOfTheOverlay(self) -> None:
        """
        A node has its address of the overlay once it is a member: it starts without, says so, and serves as soon as it
        has it.
        """
        notes = Notes(self.reactor, Events(self.reactor.seconds))
        service = WebService(self.reactor, "10.77.0.9:9450", Mock(), self.counters, notes)
        missing = CannotListenError("10.77.0.9", 9450, OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"))
        listen = self.patch(self.reactor, "listenTCP", Mock(side_effect=missing))
        service.privilegedStartService()
        service.startService()
        self.reactor.advance(RETRY)
        self.assertIn("10.77.0.9:9450 cannot be opened yet", notes.texts[0])
        listen.restore()
        self.reactor.advance(RETRY)
        self.assertEqual((self.reactor.tcpServers[0][3], notes.texts), ("10.77.0.9", []))
        self.successResultOf(service.stopService())

    def test_takenPort(self) -> None:
        """
        A port that is taken is an error for the operator.
        """

        def refuse(*_: object, **__: object) -> None:
            raise CannotListenError("127.0.0.1", 9450, OSError(98, "Address already in use"))

        self.patch(self.reactor, "listenTCP", refuse)
        with self.assertRaises(PortUnavailable) as raised:
            self.service.startService()
        self.assertIn("the web port 127.0.0.1:9450 cannot be opened", str(raised.exception))
