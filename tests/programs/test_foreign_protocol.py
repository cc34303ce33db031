"""
Tests for what others may plug in: a peer protocol with sessions that is none of our classes, and a directory that
follows the membership.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from added_plugins import adding
from sealed_network_case import SealedNetworkTestCase
from twisted.plugin import IPlugin
from zope.interface import implementer
from zope.interface.verify import verifyObject

from wand.discovery.catalogue import Catalogue
from wand.discovery.opening import openPlugin
from wand.errors import PluginFaulty
from wand.interfaces import (
    Context,
    IDirectoryKind,
    IMembershipFollower,
    IPeerProtocol,
    IRovingTransport,
    ISessionProtocol,
    ISessions,
    ISessionTransport,
    NodeContext,
    TransportRequest,
)
from wand.sealed.sessions.plugin import Sealed
from wand.status import DirectoryStatus


@implementer(ISessionTransport, IRovingTransport)
class ForeignTransport:
    """
    A transport of somebody else's.  It borrows its sessions, and is none of our classes.
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.moves = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @property
    def mayReach(self) -> Callable[[str], bool]:
        """
        See L{ISessionTransport}.
        """
        return self._inner.mayReach  # type: ignore[no-any-return]

    @mayReach.setter
    def mayReach(self, mayReach: Callable[[str], bool]) -> None:
        self._inner.mayReach = mayReach

    def moved(self) -> None:
        """
        See L{IRovingTransport}.
        """
        self.moves += 1


@implementer(ISessionProtocol, IPlugin)
class ForeignProtocol:
    """
    Opens such transports.
    """

    name = "foreign"
    about = "is somebody else's"
    defaultMTU = 1400
    directory = "wansd"

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """

    def open(self, request: TransportRequest, context: Context) -> Any:
        """
        See L{IPeerProtocol}.
        """
        return ForeignTransport(Sealed().open(request, context))


@implementer(IMembershipFollower)
class GossipDirectory:
    """
    A directory that asks no server.

    @ivar told: what it was told, in order.
    """

    def __init__(self, context: NodeContext) -> None:
        self.context = context
        self.told: list[str] = []

    def start(self) -> None:
        """
        See L{wand.interfaces.IDirectory}.
        """

    def stop(self) -> None:
        """
        See L{wand.interfaces.IDirectory}.
        """

    def status(self) -> Sequence[DirectoryStatus]:
        """
        See L{wand.interfaces.IDirectory}.
        """
        return [DirectoryStatus("gossip", "answered", 0, None)]

    def announcementChanged(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        self.told.append("announcement")
        raise ValueError("a fault of its own")

    def serversChanged(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        self.told.append("servers")

    def clockSet(self) -> None:
        """
        See L{IMembershipFollower}.
        """
        self.told.append("clock")


@implementer(IDirectoryKind, IPlugin)
class GossipDirectories:
    """
    Opens such directories.
    """

    name = "gossip"
    about = "asks other members"

    def __init__(self) -> None:
        self.opened: list[GossipDirectory] = []

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """

    def open(self, settings: Mapping[str, Any], context: NodeContext) -> GossipDirectory:
        """
        See L{IDirectoryKind}.
        """
        self.opened.append(GossipDirectory(context))
        return self.opened[-1]


class ForeignPluginTests(SealedNetworkTestCase):
    """
    A node on which everything between members is somebody else's; its server knows nothing of that.
    """

    def setUp(self) -> None:
        super().setUp()
        self.gossip = GossipDirectories()
        plugins: dict[Any, Any] = {IPeerProtocol: ForeignProtocol(), IDirectoryKind: self.gossip}

        def discovered(interface: Any, *rest: Any) -> Catalogue[Any]:
            return adding(plugins, interface, *rest)

        for module in ("node_plugins", "node", "directories", "network_service"):
            self.patch(__import__(f"wand.programs.{module}", fromlist=["discover"]), "discover", discovered)

    def test_protocol(self) -> None:
        """
        A node whose protocol is somebody else's joins, and frames flow; it is told when its host moves.
        """
        one = self.dwelling(1, protocol="foreign")
        two = self.dwelling(2)
        self.assertEqual((one.own.stage, one.own.name), ("member", "node-1"))
        self.assertTrue(self.reaches(one, two))
        self.assertTrue(self.reaches(two, one))
        transport = one.node.etud.transport
        verifyObject(ISessionTransport, transport)
        verifyObject(ISessions, transport.sessions)  # type: ignore[attr-defined]
        assert one.node.etud._following is not None
        one.node.etud._following.moved()
        self.assertEqual(transport.moves, 1)  # type: ignore[attr-defined]

    def test_server(self) -> None:
        """
        A server speaks it as well.
        """
        self.end(self.server)
        self.server = self.serve("foreign", protocol="foreign")
        self.assertEqual(self.dwelling(1).own.stage, "member")
        self.assertEqual(self.server.status().protocol, "foreign")

    def test_follower(self) -> None:
        """
        Every directory that follows the membership is told of it, and what one does wrong disturbs no other.
        """
        one = self.dwelling(1, directories={"gossip": {}})
        [gossiping] = self.gossip.opened
        self.assertEqual(sorted(set(gossiping.told)), ["announcement", "servers"])
        assert gossiping.context.sealed is not None
        self.assertEqual(gossiping.context.sealed.participant.identity.hex(), one.own.key)
        self.assertGreater(one.context.counters["drop-raised-directory-gossip"], 0)
        self.assertTrue(self.flushLoggedErrors(ValueError))
        states = {each.name.partition(" ")[0]: each.state for each in one.node.status().directories}
        self.assertEqual(len(states), 2)
        two = self.dwelling(2)
        self.assertIn(str(two.mac), one.table())

    def test_noSessions(self) -> None:
        """
        A protocol that promises sessions and opens something without them is refused, with what it lacks.
        """

        class WithoutSessions(ForeignProtocol):
            def open(self, request: TransportRequest, context: Context) -> Any:
                """
                See L{IPeerProtocol}.
                """
                transport = super().open(request, context)
                transport.sessions = object()
                return transport

        one = self.dwelling(1)
        request = TransportRequest("192.0.2.1", 0, one.mac, 1400, membership=one.node.etud.member.enrolment)  # type: ignore[union-attr]
        error = self.assertRaises(
            PluginFaulty, openPlugin, "protocol", "foreign", WithoutSessions(), request, one.context
        )
        self.assertIn("ISessions", str(error))
