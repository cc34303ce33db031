"""
Plugins that raise, never answer, or give what their interface does not promise: the program goes on, or stops cleanly,
and says whose fault it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from added_plugins import adding
from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.plugin import IPlugin
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.config import NodeConfiguration, ServerConfiguration
from wand.discovery.catalogue import Catalogue, discover
from wand.discovery.opening import openPlugin
from wand.drivers.memory import MemoryDriver, MemoryTap
from wand.errors import PluginFaulty, StoreHindered, TapUnavailable, TemporarilyUnavailable, WandError
from wand.ethernet import BROADCAST, MAC, Frame
from wand.events import Event
from wand.hooks.approval import HOOK_PATIENCE
from wand.interfaces import (
    Candidate,
    Context,
    IDirectory,
    IDirectoryKind,
    IFrameService,
    IFrameWatcher,
    IHook,
    IHookListener,
    IPeerProtocol,
    IRecords,
    IStore,
    ITap,
    ITapDriver,
    NodeContext,
    TapRequest,
    Verdict,
)
from wand.programs.atomic import STOPPING, AtomicService
from wand.programs.hooks import SteadyHook
from wand.programs.node import NodeService
from wand.programs.program import Surroundings
from wand.programs.rel2_server import REL2ServerProgram
from wand.programs.sealed_server import SealedServer
from wand.programs.store_retry import STORE_RETRY
from wand.rel2.transport import REL2, REL2Transport
from wand.state import UNCHANGED
from wand.status import DirectoryStatus
from wand.stores.memory import MemoryRecords
from wand.table import Peer
from wand.testing.context import simulatedContext
from wand.testing.network import Network


class Fault(Exception):
    """
    What the plugins here raise.
    """


class Faulty:
    """
    Has methods that raise, or answer with a Deferred that never fires.

    @ivar called: the names of those that were called.
    """

    def __init__(self, *names: str, silent: bool = False) -> None:
        self.names = set(names)
        self.silent = silent
        self.called: list[str] = []

    def do(self, name: str) -> Any:
        """
        Be called.
        """
        self.called.append(name)
        if name in self.names:
            if self.silent:
                return Deferred()
            raise Fault(name)
        return None


class Hindered(Faulty):
    """
    Says that it cannot read now.
    """

    isHindered = True

    def do(self, name: str) -> Any:
        """
        Be called.
        """
        return fail(StoreHindered("the disk is full")) if name == "load" and self.isHindered else None


@implementer(IHook, IPlugin, IHookListener)
class FaultyHook(Faulty):
    name = "faulty"
    about = "fails"
    answer: Any = True

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Mapping[str, Any], context: Context) -> IHookListener:
        """
        See L{IHook}.
        """
        self.do("open")
        return self

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """
        return self.do("told")  # type: ignore[no-any-return]  # a Deferred, against the rules

    def admit(self, candidate: Candidate) -> Any:
        """
        See L{IHookListener}.
        """
        return self.do("admit") or self.answer

    def close(self) -> None:
        """
        See L{IHookListener}.
        """
        return self.do("close")  # type: ignore[no-any-return]  # a Deferred, against the rules


@implementer(IDirectoryKind, IPlugin, IDirectory)
class FaultyDirectory(Faulty):
    name = "faulty"
    about = "fails"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Mapping[str, Any], context: NodeContext) -> IDirectory:
        """
        See L{IDirectoryKind}.
        """
        self.do("open")
        return self

    def start(self) -> None:
        """
        See L{IDirectory}.
        """
        self.do("start")

    def stop(self) -> None:
        """
        See L{IDirectory}.
        """
        self.do("stop")

    def status(self) -> list[DirectoryStatus]:
        """
        See L{IDirectory}.
        """
        return self.do("status") or []


@implementer(IFrameService, IPlugin, IFrameWatcher)
class FaultyService(Faulty):
    name = "faulty"
    about = "fails"

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(
        self, settings: Mapping[str, Any], context: NodeContext, inject: Callable[[Frame], object]
    ) -> IFrameWatcher:
        """
        See L{IFrameService}.
        """
        self.do("open")
        return self

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        return not self.do("leaving")

    def arriving(self, peer: Peer, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        return not self.do("arriving")

    def close(self) -> None:
        """
        See L{IFrameWatcher}.
        """
        self.do("close")


class FaultyTap(MemoryTap):
    """
    A tap whose methods fail.
    """

    faults: Faulty

    def write(self, frame: Frame) -> bool:
        """
        See L{ITap}.
        """
        self.faults.do("write")
        return super().write(frame)

    def close(self) -> None:
        """
        See L{ITap}.
        """
        super().close()
        self.faults.do("close")


class FaultyDriver(MemoryDriver):
    """
    Opens such taps.
    """

    name = "faulty"

    def __init__(self, faults: Faulty) -> None:
        super().__init__()
        self.faults = faults

    def open(self, request: TapRequest, context: Context) -> ITap:
        """
        See L{ITapDriver}.
        """
        self.faults.do("open")
        tap = super().open(request, context)
        tap.__class__ = FaultyTap
        tap.faults = self.faults  # type: ignore[attr-defined]  # as above
        return tap


class FaultyTransport(REL2Transport):
    """
    A transport whose methods fail.
    """

    faults: Faulty

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{wand.interfaces.ITransport}.
        """
        self.faults.do("send")
        super().send(peer, frame)

    def sendEach(self, peers: Any, frame: Frame) -> None:
        """
        See L{wand.interfaces.ITransport}.
        """
        self.faults.do("sendEach")
        super().sendEach(peers, frame)

    def flush(self) -> None:
        """
        See L{wand.interfaces.ITransport}.
        """
        super().flush()
        self.faults.do("flush")

    def stop(self) -> None:
        """
        See L{wand.interfaces.ITransport}.
        """
        super().stop()
        self.faults.do("stop")


class FaultyProtocol(REL2):
    """
    Opens such transports.
    """

    name = "faulty"

    def __init__(self, faults: Faulty) -> None:
        self.faults = faults

    def open(self, request: Any, context: Context) -> Any:
        """
        See L{IPeerProtocol}.
        """
        transport = FaultyTransport(request, context, knownOnly=False)
        transport.faults = self.faults
        return transport


@implementer(IRecords)
class FaultyRecords(MemoryRecords, Faulty):
    """
    Records that fail.
    """

    def __init__(self, faults: Faulty) -> None:
        super().__init__()
        self.faults = faults

    def load(self, kind: str) -> Any:
        """
        See L{IRecords}.
        """
        return self.faults.do("load") or super().load(kind)

    def write(self, kind: str, records: Mapping[bytes, bytes | None]) -> Any:
        """
        See L{IRecords}.
        """
        return self.faults.do("write") or super().write(kind, records)

    def close(self) -> Any:
        """
        See L{IRecords}.
        """
        return self.faults.do("close") or super().close()


@implementer(IStore, IPlugin)
class FaultyStore:
    name = "faulty"
    about = "fails"

    def __init__(self, faults: Faulty) -> None:
        self.faults = faults

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None

    def open(self, settings: Mapping[str, Any], context: Context) -> IRecords:
        """
        See L{IStore}.
        """
        self.faults.do("open")
        return FaultyRecords(self.faults)


class FaultyPluginCase(SynchronousTestCase):
    """
    A network in simulated time, where plugins can be added.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.network = Network(self.clock, Random(1))
        self.plugins: dict[Any, Any] = {}
        temporary = TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.directory = Path(temporary.name)

        self.hidden = False

        def discovered(interface: Any, *rest: Any) -> Catalogue[Any]:
            assert not self.hidden, "plugins are looked for after the privileges were dropped"
            return adding(self.plugins, interface, *rest)

        for module in (
            "node_plugins",
            "node",
            "directories",
            "rel2_server_service",
            "hooks",
            "network_service",
            "authority_store",
        ):
            self.patch(__import__(f"wand.programs.{module}", fromlist=["discover"]), "discover", discovered)

    def node(self, number: int, **keys: object) -> NodeService:
        """
        A node that is not started.
        """
        keys = {
            "driver": "memory",
            "protocol": "rel2",
            "driverSettings": {"lan": f"{self.id()} {number}"},
            "mac": f"02:00:00:00:00:0{number}",
            **keys,
        }
        self.lost: list[str] = []
        self.context = simulatedContext(self.clock, self.network, f"192.0.2.{number}")
        load = lambda: NodeConfiguration(**keys)  # type: ignore[arg-type]  # noqa: E731
        return NodeService(Surroundings(load, self.context, UNCHANGED, lambda: None, self.lost.append))

    def started(self, number: int, **keys: object) -> NodeService:
        """
        A node at work, which is stopped in the end.
        """
        node = self.node(number, **keys)
        node.privilegedStartService()
        node.startService()
        self.addCleanup(node.stopService)
        return node

    def assertCounted(self, node: NodeService, **counts: int) -> None:
        """
        Exactly these faults were counted, and each is logged and said.
        """
        raised = {name: count for name, count in node.counters.items() if name.startswith("drop-raised") and count}
        self.assertEqual(
            raised, {f"drop-raised-{name.replace('_', '-')}": count for name, count in counts.items() if count}
        )
        self.assertEqual(len([text for text in node.notes.texts if "failed (Fault)" in text]), len(raised))
        self.assertEqual(len(self.flushLoggedErrors(Fault)), len(raised))


class DataPathTests(FaultyPluginCase):
    """
    Plugins on the way of frames.
    """

    def two(self, **keys: object) -> tuple[NodeService, NodeService, list[bytes]]:
        """
        A node without plugins, one with them, and what the host of that one hears.
        """
        one, other = self.started(1), self.started(2, **keys)
        one.add(MAC.parse("02:00:00:00:00:02"), "192.0.2.2", None, None)
        other.add(MAC.parse("02:00:00:00:00:01"), "192.0.2.1", None, None)
        return one, other, []

    def send(self, node: NodeService, destination: bytes, count: int = 3) -> None:
        """
        Let the host of a node send frames.
        """
        assert node.etud._etud is not None
        frame = destination + bytes(node.etud.tap.mac) + b"\x88\xb5payload"
        for _ in range(count):
            node.etud._etud.fromHost.frameRead(frame)
        node.etud._etud.fromHost.batchRead()
        self.clock.pump([0.0, 0.01, 0.01])

    def test_aTapThatRaises(self) -> None:
        """
        Frames that the tap fails on are lost and counted; the port is open, and the next ones arrive.
        """
        faults = Faulty("write")
        self.plugins[ITapDriver] = FaultyDriver(faults)
        one, other, _ = self.two(driver="faulty")
        self.send(one, b"\2\0\0\0\0\2")
        self.assertCounted(other, tap=3)
        faults.names.clear()
        self.send(one, b"\2\0\0\0\0\2")
        self.assertEqual((faults.called.count("write"), other.counters["delivered-frames"]), (6, 3))

    def test_aTransportThatRaises(self) -> None:
        """
        Frames that the transport fails on are lost and counted, and those that come from peers arrive.
        """
        faults = Faulty("send", "sendEach", "flush")
        self.plugins[IPeerProtocol] = FaultyProtocol(faults)
        one, other, _ = self.two(protocol="faulty")
        self.send(other, b"\2\0\0\0\0\1")
        self.send(other, bytes(BROADCAST))
        self.assertCounted(other, transport=8)
        self.send(one, b"\2\0\0\0\0\2")
        self.assertEqual(other.counters["delivered-frames"], 3)
        faults.names.clear()
        self.send(other, b"\2\0\0\0\0\1")
        self.assertEqual(one.counters["delivered-frames"], 3)

    def test_aFrameServiceThatRaises(self) -> None:
        """
        What a frame service fails on is dropped; all the rest passes.
        """
        service = FaultyService("arriving", "leaving", "close")
        self.plugins[IFrameService] = service
        one, other, _ = self.two(frameServices=["faulty"])
        self.send(one, bytes(BROADCAST))
        self.send(other, bytes(BROADCAST))
        self.send(one, b"\2\0\0\0\0\2")
        self.assertEqual(other.counters["delivered-frames"], 3)
        self.assertCounted(other, frame_service_faulty=6)
        used = {each.kind: each for each in other.status().plugins}
        self.assertEqual((used["frame-service"].name, used["frame-service"].failures), ("faulty", 6))
        self.assertEqual((used["driver"].name, used["driver"].failures), ("memory", 0))
        other.stopService()
        self.assertEqual(service.called[-1], "close")


class LifeTests(FaultyPluginCase):
    """
    Plugins that fail at the start, while the program runs, and at its end.
    """

    def assertNothingIsLeft(self) -> None:
        """
        No port, no tap, no timer.
        """
        self.assertEqual(self.network._ports, {})
        driver = discover(ITapDriver).choose("memory")
        self.assertEqual([lan for lan in driver.lans if lan.startswith(self.id())], [])  # type: ignore[attr-defined]
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def assertStartFails(self, node: NodeService, *words: str) -> None:
        """
        The start fails with one sentence, and leaves nothing behind.
        """

        def start() -> None:
            node.privilegedStartService()
            node.startService()

        error = self.assertRaises(WandError, start)
        for word in words:
            self.assertIn(word, str(error))
        self.assertNothingIsLeft()
        self.flushLoggedErrors(Fault)

    def test_anOpenThatRaises(self) -> None:
        """
        The start ends with a sentence that names the plugin and where it is from.
        """
        faults = Faulty("open")
        self.plugins = {
            ITapDriver: FaultyDriver(faults),
            IHook: FaultyHook("open"),
            IDirectoryKind: FaultyDirectory("open"),
            IFrameService: FaultyService("open"),
        }
        for keys, what in (
            ({"driver": "faulty"}, "driver"),
            ({"hooks": ["faulty"]}, "hook"),
            ({"directories": {"faulty": {}}}, "directory"),
            ({"frameServices": ["faulty"]}, "frame service"),
        ):
            node = self.node(1, **keys)
            self.assertStartFails(node, f"the {what} 'faulty' of ", "test_faulty_plugins", "Fault: open")

    def test_anOpenThatGivesSomethingElse(self) -> None:
        """
        What lacks something that its interface promises is not used; what is missing is said.
        """

        def opening(result: object) -> NodeService:
            self.plugins[ITapDriver] = driver = FaultyDriver(Faulty())
            self.patch(driver, "open", lambda request, context: result)
            return self.node(1, driver="faulty")

        self.assertStartFails(opening(None), "the driver 'faulty' of ", "ITap")
        self.assertStartFails(opening(Deferred()), "a Deferred where ITap is wanted")
        context = simulatedContext(self.clock, self.network, "192.0.2.9")
        for attribute, value in (("mtu", "1500"), ("mac", b"\2\0\0\0\0\1"), ("features", "GSO"), ("interface", None)):
            lan = f"{self.id()} tap"
            request = TapRequest("tap", MAC(b"\2\0\0\0\0\1"), 1500, settings={"lan": lan})
            tap = discover(ITapDriver).choose("memory").open(request, context)
            setattr(tap, attribute, value)
            self.assertStartFails(opening(tap), f"its {attribute} is {value!r}")

    def test_missingMethods(self) -> None:
        """
        A method that is missing, or takes other arguments, is named.
        """

        @implementer(IHookListener)
        class Incomplete:
            def told(self) -> None: ...

            def close(self) -> None: ...

        plugin = FaultyHook()
        self.patch(plugin, "open", lambda *_: Incomplete())
        error = self.assertRaises(PluginFaulty, openPlugin, "hook", "faulty", plugin, {}, None)
        self.assertIn("the hook 'faulty' of", str(error))
        self.assertIn("admit", str(error))

    def test_refusedSettingsStandAsTheyAre(self) -> None:
        """
        What a plugin says to the operator itself is not made another error.
        """
        plugin = FaultyDriver(Faulty())

        def refuse(request: TapRequest, context: Context) -> ITap:
            raise TapUnavailable("start as root")

        self.patch(plugin, "open", refuse)
        self.plugins[ITapDriver] = plugin
        self.assertStartFails(self.node(1, driver="faulty"), "start as root")

    def test_aDirectoryThatRaises(self) -> None:
        """
        A directory that fails when it starts, is asked how it stands, or stops, does not disturb the others, and its
        failure is shown.
        """
        directory = self.plugins[IDirectoryKind] = FaultyDirectory("start", "status", "stop")
        node = self.started(1, directories={"faulty": {}}, entries={"02:00:00:00:00:02": "192.0.2.2"})
        self.assertEqual(len(node.entries(None, 9)), 1)
        states = {each.name: each.state for each in node.status().directories}
        self.assertEqual((states["faulty"], len(states)), ("failed", 2))
        node.stopService()
        self.assertEqual(directory.called, ["open", "start", "status", "stop"])
        self.assertCounted(node, directory_faulty=3)
        self.assertNothingIsLeft()

    def test_aStatusThatIsNone(self) -> None:
        """
        Neither does one whose status is nothing of the kind.
        """
        directory = self.plugins[IDirectoryKind] = FaultyDirectory()
        node = self.started(1, directories={"faulty": {}})
        for wrong in (None, 7, ["up"]):
            self.patch(directory, "status", lambda wrong=wrong: wrong)
            self.assertEqual([each.state for each in node.status().directories], ["failed"])
        self.flushLoggedErrors()

    def test_aDirectoryThatAsksNobodyYet(self) -> None:
        """
        One that has nobody to ask, as that of a node which joins, did not fail.
        """
        directory = self.plugins[IDirectoryKind] = FaultyDirectory()
        node = self.started(1, directories={"faulty": {}})
        self.patch(directory, "status", list)
        self.assertEqual(node.status().directories, [])

    def test_aHookThatRaises(self) -> None:
        """
        A hook that fails on events and at the end disturbs nobody, and its own failures do not make it fail without
        end.
        """
        hook = self.plugins[IHook] = FaultyHook("told", "close")
        node = self.started(1, hooks=["faulty"])
        for _ in range(5):
            node.events.publish("something")
        node.stopService()
        self.assertCounted(node, hook_faulty=hook.called.count("told") + 1)
        self.assertLess(hook.called.count("told"), 10)
        self.assertNothingIsLeft()

    def test_hooksOpenWithTheStart(self) -> None:
        """
        Making a program opens no hook: twistd makes it before it goes into the background.
        """
        hook = self.plugins[IHook] = FaultyHook()
        node = self.node(1, hooks=["faulty"])
        node.privilegedStartService()
        self.assertEqual(hook.called, [])
        node.startService()
        self.assertEqual(hook.called[0], "open")
        node.stopService()
        self.assertEqual(hook.called[-1], "close")

    def test_pluginsOutOfSight(self) -> None:
        """
        Plugins are chosen before the privileges of the start are dropped: an installation that only root can read (one
        in root's home, say) serves a program that runs as somebody else, until its end.
        """
        node = self.node(1, protocol="sealed", state=str(self.directory / "node"))
        node.privilegedStartService()
        self.hidden = True
        node.startService()
        self.assertEqual(node.status().own.stage, "new")  # type: ignore[union-attr]
        node.stopService()

    def test_aTapAndATransportThatDoNotClose(self) -> None:
        """
        Everything else is closed all the same.
        """
        faults = Faulty("close", "stop")
        self.plugins = {ITapDriver: FaultyDriver(faults), IPeerProtocol: FaultyProtocol(faults)}
        node = self.started(1, driver="faulty", protocol="faulty")
        node.stopService()
        self.assertCounted(node, driver_faulty=1, protocol_faulty=1)
        self.assertNothingIsLeft()


class StoreTests(FaultyPluginCase):
    """
    Stores that fail.
    """

    def server(self, faults: Faulty, protocol: str = "rel2") -> REL2ServerProgram | SealedServer:
        """
        A server with such a store.
        """
        self.plugins[IStore] = FaultyStore(faults)
        configuration = ServerConfiguration(
            protocol=protocol, state=str(self.directory / protocol), store="faulty", listen="192.0.2.9", port=44444
        )
        self.lost = []
        self.context = simulatedContext(self.clock, self.network, "192.0.2.9")
        surroundings = Surroundings(lambda: configuration, self.context, UNCHANGED, lambda: None, self.lost.append)
        return REL2ServerProgram(surroundings) if protocol == "rel2" else SealedServer(surroundings, lambda text: None)

    def test_aStoreThatRaises(self) -> None:
        """
        A store that cannot be opened or read stops the start; one that fails later, even at once, is tried again.
        """
        for name in ("open", "load"):
            server = self.server(Faulty(name))
            server.privilegedStartService()
            error = self.assertRaises(WandError, server.startService)
            self.assertIn("faulty", str(error))
            self.assertEqual(self.network._ports, {})
            self.flushLoggedErrors()
        server = self.server(Faulty("write", "close"))
        server.privilegedStartService()
        server.startService()
        server.add(MAC.parse("02:00:00:00:00:01"), "192.0.2.1", None, None)
        self.assertEqual(self.context.counters["drop-raised-store-faulty"], 1)
        self.successResultOf(server.stopService())
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.flushLoggedErrors()

    def test_pluginsOutOfSight(self) -> None:
        """
        See L{LifeTests.test_pluginsOutOfSight}; a server opens its port only when its store is open.
        """
        for protocol in ("rel2", "sealed"):
            self.hidden = False
            server = self.server(Faulty(), protocol)
            server.privilegedStartService()
            self.hidden = True
            server.startService()
            self.assertTrue(server.status().listening, protocol)
            self.successResultOf(server.stopService())

    def test_aStoreThatIsHindered(self) -> None:
        """
        A store that something is in the way of at the start ends no server: it says so, tries again, and serves when
        that is gone; stopped meanwhile, it leaves nothing behind.
        """
        for protocol in ("rel2", "sealed"):
            faults = Hindered()
            server = self.server(faults, protocol)
            server.privilegedStartService()
            server.startService()
            self.clock.advance(STORE_RETRY)
            self.assertIn("the disk is full; the server tries again", " ".join(server.notes.texts))
            self.assertEqual((self.lost, self.bound()), ([], []))
            faults.isHindered = False
            self.clock.advance(STORE_RETRY)
            self.assertEqual((self.lost, len(self.bound())), ([], 1))
            self.assertNotIn("the disk is full", " ".join(server.notes.texts))
            self.stopped(server)
            faults.isHindered = True
            server = self.server(faults, protocol)
            server.privilegedStartService()
            server.startService()
            self.stopped(server)
            self.assertEqual((self.lost, self.clock.getDelayedCalls()), ([], []))

    def bound(self) -> list[Any]:
        """
        The ports of the server.
        """
        return list(self.network._ports)

    def stopped(self, server: REL2ServerProgram | SealedServer) -> None:
        """
        Stop a server.
        """
        ended = server.stopService()
        self.clock.pump([0.1] * round(STOPPING * 10))
        self.successResultOf(ended)

    def test_aStoreThatNeverAnswers(self) -> None:
        """
        A store that does not finish, or does not close, keeps a server from ending only so long, and is named.
        """
        for name in ("write", "close"):
            server = self.server(Faulty(name, silent=True))
            server.privilegedStartService()
            server.startService()
            server.add(MAC.parse("02:00:00:00:00:01"), "192.0.2.1", None, None)
            ended = server.stopService()
            self.assertNoResult(ended)
            self.clock.pump([0.1] * round(STOPPING * 10))
            self.successResultOf(ended)
            self.assertIn("store faulty of", " ".join(server.notes.texts))
            self.assertIn("did not answer within 1.5 s", " ".join(server.notes.texts))


class HookTests(SynchronousTestCase):
    """
    L{SteadyHook}.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.context = simulatedContext(self.clock, Network(self.clock, Random(1)), "192.0.2.1")
        self.candidate = Candidate(MAC(b"\2\0\0\0\0\1"), "192.0.2.2:22222")

    def hook(self, hook: FaultyHook) -> SteadyHook:
        """
        Steady it.
        """
        return SteadyHook("faulty", hook, self.context.failures)

    def test_answers(self) -> None:
        """
        Whatever a hook answers becomes a verdict.
        """
        for answer, verdict in (
            (True, Verdict(True)),
            (None, Verdict(False)),
            (Verdict(False, "no"), Verdict(False, "no")),
        ):
            hook = FaultyHook()
            hook.answer = answer
            self.assertEqual(self.successResultOf(self.hook(hook).admit(self.candidate)), verdict)

    def test_outages(self) -> None:
        """
        An error, and a hook that is told to give up, are no answer for now; both are counted and said.
        """
        self.failureResultOf(self.hook(FaultyHook("admit")).admit(self.candidate), TemporarilyUnavailable)
        self.assertEqual(len(self.flushLoggedErrors(Fault)), 1)
        answer = self.hook(FaultyHook("admit", silent=True)).admit(self.candidate)
        answer.addTimeout(HOOK_PATIENCE, self.clock)
        self.clock.advance(HOOK_PATIENCE)
        self.failureResultOf(answer, TemporarilyUnavailable)
        self.assertEqual(self.context.counters["drop-raised-hook-faulty"], 2)


class WholeTests(SynchronousTestCase):
    """
    L{AtomicService}.
    """

    def test_servicesThatNeverStop(self) -> None:
        """
        A service that never stops keeps the others from nothing, and the program not for long.
        """
        clock = Clock()
        whole = AtomicService(simulatedContext(clock, Network(clock, Random(1)), "192.0.2.1"))
        stopped: list[str] = []
        for name, result in (("first", None), ("second", Deferred()), ("third", None)):
            service = AtomicService(whole._base)
            self.patch(service, "stopService", lambda name=name, result=result: stopped.append(name) or result)
            service.setServiceParent(whole)
        ended = whole.stopService()
        self.assertEqual(stopped, ["third", "second", "first"])
        self.assertNoResult(ended)
        clock.advance(STOPPING)
        self.successResultOf(ended)
        self.assertIn("did not answer", whole._base.notes.texts[0])
