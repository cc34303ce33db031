"""
Tests for the port of streams with a real socket.
"""

from __future__ import annotations

import socket
from types import SimpleNamespace
from unittest.mock import Mock

from twisted.internet.protocol import Factory
from twisted.trial.unittest import SynchronousTestCase

from wand.underlay.streams.network import SEGMENT_MAXIMUM, ReactorStreams


class ListeningTests(SynchronousTestCase):
    def test_segmentsFitNarrowPaths(self) -> None:
        """
        What is accepted takes and sends segments that fit into packets of 1,280 octets, over either version of IP.
        """
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)
        reactor = SimpleNamespace(listenTCP=Mock(return_value=SimpleNamespace(socket=server)))
        ReactorStreams(reactor).listen("127.0.0.1", 0, Factory())
        with socket.create_connection(server.getsockname()) as client:
            self.assertLessEqual(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), SEGMENT_MAXIMUM)
        self.assertLessEqual(SEGMENT_MAXIMUM + 12 + 20 + 40, 1280)  # options, TCP, IPv6
