"""
Tests for the port of streams with a real socket.
"""

from __future__ import annotations

import socket

from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase

from wand.underlay.streams.network import SEGMENT_MAXIMUM, ReactorStreams


class ListeningTests(TestCase):
    def test_segmentsFitNarrowPaths(self) -> None:
        """
        What is accepted takes and sends segments that fit into packets of 1,280 octets, over either version of IP.
        """
        listening = ReactorStreams(reactor).listen("127.0.0.1", 0, Factory())
        self.addCleanup(listening.stopListening)
        with socket.create_connection(("127.0.0.1", listening.getHost().port)) as client:
            self.assertLessEqual(client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG), SEGMENT_MAXIMUM)
        self.assertLessEqual(SEGMENT_MAXIMUM + 12 + 20 + 40, 1280)  # options, TCP, IPv6
