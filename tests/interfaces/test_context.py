"""
Tests for what a plugin works with: it reaches others, runs what blocks and keeps something, and needs no reactor.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import attrs
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import readBody
from twisted.web.iweb import IAgent
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.discovery.opening import openPlugin
from wand.errors import StateUnavailable
from wand.ethernet import MAC
from wand.interfaces import BaseHook, BasePlugin, Context, IHook, IHookListener, Settings
from wand.state import StateDirectory
from wand.testing.context import simulatedContext
from wand.testing.network import Network
from wand.testing.streams import SimulatedStreams


class HTTPServer(Protocol):
    """
    Answers one request with what was asked for.
    """

    def __init__(self) -> None:
        self._received = b""

    def dataReceived(self, data: bytes) -> None:
        """
        See L{Protocol}.
        """
        self._received += data
        if b"\r\n\r\n" in self._received:
            body = self._received.partition(b"\r\n")[0]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            self.transport.loseConnection()


@implementer(IHook)
class KeepingHook(BasePlugin):
    """
    A hook that hands its context out.
    """

    name = "keeping"
    about = "keeps what it is told"

    def open(self, settings: Settings, context: Context) -> IHookListener:
        """
        See L{IHook}.
        """
        self.context = context
        return BaseHook()


class ContextTests(SynchronousTestCase):
    """
    A context in simulated time, with streams.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.streams = SimulatedStreams(self.clock)
        context = simulatedContext(self.clock, Network(self.clock, Random(1)), "192.0.2.1")
        self.context = attrs.evolve(context, streams=self.streams.host("192.0.2.1"))

    def _go(self) -> None:
        for _ in range(100):
            self.clock.advance(0.01)

    def test_connecting(self) -> None:
        """
        A plugin connects to somebody who listens; nobody listening is an error.
        """
        self.streams.host("192.0.2.2").listen("192.0.2.2", 80, Factory.forProtocol(HTTPServer))
        connected = self.context.connect("192.0.2.2", 80, Factory.forProtocol(Protocol))
        self._go()
        self.assertIsInstance(self.successResultOf(connected), Protocol)
        refused = self.context.connect("192.0.2.3", 80, Factory.forProtocol(Protocol))
        self._go()
        self.failureResultOf(refused, ConnectionRefusedError)

    def test_connectingIsGivenUp(self) -> None:
        """
        A connection that is given up leaves nothing, so the contracts can see that a plugin gave it up.
        """
        self.streams.host("192.0.2.2").listen("192.0.2.2", 80, Factory.forProtocol(Protocol))
        connected = self.context.connect("192.0.2.2", 80, Factory.forProtocol(Protocol))
        connected.cancel()
        self.failureResultOf(connected, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_asking(self) -> None:
        """
        A plugin asks a web server.
        """
        self.streams.host("192.0.2.2").listen("192.0.2.2", 8080, Factory.forProtocol(HTTPServer))
        agent: Any = self.context.agent()
        verifyObject(IAgent, agent)
        answer = agent.request(b"GET", b"http://192.0.2.2:8080/it").addCallback(readBody)
        self._go()
        self.assertEqual(self.successResultOf(answer), b"GET /it HTTP/1.1")
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aSchemeThatNobodyKnows(self) -> None:
        """
        What is neither HTTP nor HTTPS is refused.
        """
        answer: Deferred[Any] = self.context.agent().request(b"GET", b"gopher://192.0.2.2/")
        self.failureResultOf(answer)

    def test_blocking(self) -> None:
        """
        What blocks is done elsewhere, in simulated time at once; what it raises comes back.
        """
        self.assertEqual(self.successResultOf(self.context.deferToThread(max, 1, 7)), 7)
        self.failureResultOf(self.context.deferToThread(int, "seven"), ValueError)

    def test_theName(self) -> None:
        """
        The name of the network is empty until it is known, for those that were opened before, too.
        """
        mine = self.context.forPlugin("hook", "audit")
        self.assertEqual(mine.networkName(), "")
        self.context.networkName.ask = lambda: "blue"
        self.assertEqual(mine.networkName(), "blue")

    def test_ofOnesOwn(self) -> None:
        """
        A plugin that is opened has a logger and a store of its own; all else it shares with others.
        """
        plugin = KeepingHook()
        openPlugin("hook", plugin.name, plugin, {}, self.context)
        other = self.context.forPlugin("frame service", "keeping")
        self.assertIs(plugin.context.counters, self.context.counters)
        self.successResultOf(plugin.context.store.write({b"a": b"1"}))
        self.assertEqual(self.successResultOf(plugin.context.store.load()), {b"a": b"1"})
        self.assertEqual(self.successResultOf(other.store.load()), {})
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        plugin.context.log.info("hello")
        other.log.info("hello")
        names = [each["log_namespace"] for each in events]
        self.assertEqual(names, ["wand.plugins.hook.keeping", "wand.plugins.frame-service.keeping"])

    def test_whatItKeepsIsInTheStateDirectory(self) -> None:
        """
        What a plugin keeps survives the program; damage, and too much of it, are errors.
        """
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.context.stores.directory = lambda: StateDirectory(temporary.name)
        store = self.context.forPlugin("hook", "../odd name").store
        self.successResultOf(store.write({b"a": b"1", b"b": b"2"}))
        self.successResultOf(store.write({b"a": None, b"c": b""}))
        self.successResultOf(store.write({MAC(b"\2\0\0\0\0\1"): b"an address is octets, too"}))
        self.successResultOf(store.write({b"\2\0\0\0\0\1": None}))
        (file,) = Path(temporary.name).iterdir()
        self.assertEqual(file.name, "plugin-hook-.._odd_name")
        again = simulatedContext(self.clock, Network(self.clock, Random(1)), "192.0.2.1")
        again.stores.directory = self.context.stores.directory
        same = again.forPlugin("hook", "../odd name").store
        self.assertEqual(self.successResultOf(same.load()), {b"b": b"2", b"c": b""})
        self.failureResultOf(store.write({b"d": bytes(500_001)}), StateUnavailable)
        self.assertEqual(self.successResultOf(same.load()), {b"b": b"2", b"c": b""})
        file.write_bytes(b"rubbish")
        self.assertIn("is damaged: move it away", str(self.failureResultOf(store.load(), StateUnavailable).value))

    def test_noReactor(self) -> None:
        """
        Nothing of that imports the reactor.
        """
        program = "import sys, json\nimport wand.interfaces, wand.underlay.streams.http\n"
        program += "print(json.dumps('twisted.internet.reactor' in sys.modules))"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=os.environ, check=True)
        self.assertFalse(json.loads(done.stdout))
