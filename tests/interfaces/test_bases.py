"""
Tests for the base classes of plugins: with what a subclass has to add they provide the interfaces.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.errors import TapUnavailable
from wand.ethernet import MAC, Frame
from wand.interfaces import (
    BaseCandidates,
    BaseDirectory,
    BaseHook,
    BasePlugin,
    BaseRecords,
    BaseTap,
    BaseTransport,
    BaseWatcher,
    Candidate,
    ICandidates,
    IDirectory,
    IFrameReader,
    IFrameReceiver,
    IFrameWatcher,
    IHookListener,
    IRecords,
    ITap,
    ITransport,
    IWandPlugin,
)
from wand.status import PeerStatus
from wand.table import Peer


@implementer(ITap)
class Tap(BaseTap):
    """
    Has what a tap has to add.
    """

    interface, mac, mtu = "it", MAC(bytes(6)), 1500

    def start(self, receiver: IFrameReader) -> None: ...
    def write(self, frame: Frame) -> bool:
        return False

    def close(self) -> None: ...


@implementer(ITransport)
class Transport(BaseTransport):
    """
    Has what a transport has to add.
    """

    listening = "nowhere"

    def __init__(self) -> None:
        self.sent: list[tuple[Peer, Frame]] = []

    def start(self, receiver: IFrameReceiver) -> None: ...
    def send(self, peer: Peer, frame: Frame) -> None:
        self.sent.append((peer, frame))

    def peerFrom(self, text: str) -> Peer:
        return text

    def peerStatus(self, peer: Peer) -> PeerStatus:
        raise NotImplementedError

    def stop(self) -> None: ...


@implementer(IRecords)
class Records(BaseRecords):
    """
    Has what records have to add.
    """

    def load(self, kind: str) -> Deferred[dict[bytes, bytes]]:
        return Deferred()

    def write(self, kind: str, records: Any) -> Deferred[None]:
        return Deferred()

    def exchange(self, kind: str, key: bytes, expected: bytes | None, value: bytes | None) -> Deferred[bool]:
        return Deferred()


@implementer(IWandPlugin)
class Plugin(BasePlugin):
    """
    Has what a plugin has to add.
    """

    name, about = "it", "nothing"


class BasesTests(SynchronousTestCase):
    """
    Each with as little as possible.
    """

    def test_interfaces(self) -> None:
        """
        They provide the interfaces.
        """
        for interface, each in (
            (IWandPlugin, Plugin()),
            (ITap, Tap()),
            (ITransport, Transport()),
            (IRecords, Records()),
            (IDirectory, BaseDirectory()),
            (IHookListener, BaseHook()),
            (IFrameWatcher, BaseWatcher()),
            (ICandidates, BaseCandidates()),
        ):
            verifyObject(interface, each)

    def test_defaults(self) -> None:
        """
        What they do by default stands in nobody's way.
        """
        self.assertIsNone(Plugin().unusable())
        self.assertRaises(TapUnavailable, Tap().addAddress, "192.0.2.1/24")
        self.assertTrue(BaseHook().admit(Candidate(MAC(bytes(6)), "192.0.2.1:1")))
        self.assertTrue(BaseWatcher().leaving(b"") and BaseWatcher().arriving("it", b""))
        self.assertEqual([*BaseDirectory().status()], [])
        self.assertIsNone(BaseCandidates().stop())
        Records().watch("it", print, print)()
        self.successResultOf(Records().close())
        transport = Transport()
        transport.sendEach(["a", "b"], b"f")
        self.assertEqual(transport.sent, [("a", b"f"), ("b", b"f")])
