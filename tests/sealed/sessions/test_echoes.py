"""
Tests for echoes: datagrams to ourselves, and who else may send such.
"""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.sessions.echoes import LATE, Echoes
from wand.sealed.sessions.relay_names import NAMES_MAXIMUM, RelayNames

OUTSIDE = Endpoint("203.0.113.9", 7)


class Port:
    """
    Keeps what is sent.
    """

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, datagram: bytes, place: Endpoint) -> bool:
        assert place == OUTSIDE
        self.sent.append(datagram)
        return True


class EchoTests(SynchronousTestCase):
    """
    One node that asks itself.
    """

    def setUp(self) -> None:
        self.port = Port()
        self.clock = Clock()
        portFor: Any = lambda place: self.port  # noqa: E731
        self.echoes = Echoes(Random(1).randbytes, self.clock.seconds, portFor)

    def test_comesBack(self) -> None:
        """
        The first that comes back is enough; the others are known for a while, and then they are nobody's.
        """
        back: Deferred[None] = self.echoes.send(OUTSIDE)
        first, second, third = self.port.sent
        self.assertNoResult(back)
        self.assertTrue(self.echoes.received(memoryview(first)))
        self.successResultOf(back)
        self.assertTrue(self.echoes.received(memoryview(second)))
        self.clock.advance(LATE)
        self.assertFalse(self.echoes.received(memoryview(third)))

    def test_nothingIsLeft(self) -> None:
        """
        Whoever waits no longer leaves nothing behind.
        """
        back = self.echoes.send(OUTSIDE).addErrback(lambda failure: None)
        back.cancel()
        self.assertFalse(self.echoes.received(memoryview(self.port.sent[0])))

    def test_noPort(self) -> None:
        """
        Where nothing can be sent, nothing comes back.
        """
        self.assertNoResult(Echoes(Random(1).randbytes, self.clock.seconds, lambda place: None).send(OUTSIDE))

    @given(st.binary(max_size=200))
    def test_strangers(self, datagram: bytes) -> None:
        """
        What anybody else sends is not taken for one.
        """
        back = self.echoes.send(OUTSIDE)
        self.assertFalse(self.echoes.received(memoryview(datagram)))
        self.assertFalse(self.echoes.received(memoryview(b"\6\0\0\0" + datagram)))
        self.assertNoResult(back)
        back.addErrback(lambda failure: None).cancel()


class RelayNameTests(SynchronousTestCase):
    """
    Names of relays.
    """

    def test_names(self) -> None:
        """
        A relay is found by its identity and by a place behind it; whoever cannot be one is not remembered.
        """
        names = RelayNames()
        identity = bytes(range(32))
        names.met(identity, _Member("carol", relay=True))  # type: ignore[arg-type]
        names.met(b"x" * 32, _Member("bob"))  # type: ignore[arg-type]
        self.assertEqual(("carol", "carol"), (names(identity), names(identity[:8])))
        self.assertEqual("carol", names.ofPlace(f"relay/{identity[:8].hex()}"))
        for host in ("192.0.2.1", "tcp/192.0.2.1", f"relay/{'78' * 8}"):
            self.assertEqual("", names.ofPlace(host))

    def test_bounded(self) -> None:
        """
        Not all are remembered.
        """
        names = RelayNames()
        for number in range(NAMES_MAXIMUM + 1):
            names.met(number.to_bytes(8, "big"), _Member(str(number), isServer=True))  # type: ignore[arg-type]
        self.assertEqual(("", "1"), (names(bytes(8)), names((1).to_bytes(8, "big"))))


class _Member:
    def __init__(self, name: str, *, isServer: bool = False, relay: bool = False) -> None:
        self.name, self.isServer, self.relay = name, isServer, relay
