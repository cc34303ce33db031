"""
Tests for L{wand.endpoint}.
"""

from __future__ import annotations

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint, splitHostPort
from wand.errors import AddressInvalid


class EndpointTests(SynchronousTestCase):
    def test_reads(self) -> None:
        """
        IPv4 and IPv6 endpoints are read, with the default port where none is written.
        """
        for text, expected in {
            "192.0.2.1:5": ("192.0.2.1", 5),
            "192.0.2.1": ("192.0.2.1", 22222),
            "[2001:DB8::1]:5": ("2001:db8::1", 5),
            "2001:db8::1": ("2001:db8::1", 22222),
        }.items():
            self.assertEqual(Endpoint.parse(text, 22222), expected)

    def test_refuses(self) -> None:
        """
        Names, ports out of range, and addresses that no single host has are refused.
        """
        for text in (
            "host:1",
            "192.0.2.1:0",
            "192.0.2.1:65536",
            "192.0.2.1:x",
            "0.0.0.0:1",
            "224.0.0.1:1",
            "[::]:1",
            "",
        ):
            with self.assertRaises(AddressInvalid):
                Endpoint.parse(text)

    def test_noPortAndNoDefault(self) -> None:
        """
        Without a default the port must be there.
        """
        with self.assertRaises(AddressInvalid):
            Endpoint.parse("192.0.2.1")

    def test_equalsWhatTheSocketGives(self) -> None:
        """
        A table whose keys are endpoints is read with the pairs that come from sockets.
        """
        self.assertEqual({Endpoint("192.0.2.1", 5): 1}[("192.0.2.1", 5)], 1)  # type: ignore[index]  # that is the point

    def test_isPrintedAsItIsRead(self) -> None:
        """
        What is printed is read back, also for IPv6.
        """
        for endpoint in (Endpoint("192.0.2.1", 5), Endpoint("2001:db8::1", 5)):
            self.assertEqual(Endpoint.parse(str(endpoint)), endpoint)

    @given(st.text())
    def test_anyTextIsReadOrRefused(self, text: str) -> None:
        """
        No text makes the parser fail in any other way than its own error.
        """
        for default in (None, 1):
            with contextlib.suppress(AddressInvalid):
                Endpoint.parse(text, default)


class HostPortTests(SynchronousTestCase):
    def test_names(self) -> None:
        """
        The host of a server may be a name.
        """
        self.assertEqual(splitHostPort("wand.example.net", 44444), ("wand.example.net", 44444))
        self.assertEqual(splitHostPort("wand.example.net:5"), ("wand.example.net", 5))

    def test_nothingNamed(self) -> None:
        """
        A text without a host is refused.
        """
        for text in ("", ":5", "[]:5", "a b", "a:b:c"):
            with self.assertRaises(AddressInvalid):
                splitHostPort(text, 1)
