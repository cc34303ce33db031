"""
A frame service that is shown frames, for tests of frame services.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wand.ethernet import Frame
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher, IWandPlugin, NodeContext
from wand.table import Peer
from wand.testing import frame_service_rules as rules
from wand.testing.node_plugins import NodePluginBench
from wand.testing.typical_frames import PASSING, TYPICAL


class FrameServiceBench(NodePluginBench):
    """
    Opens a frame service, and asks it about frames.

    @ivar peer: who the frames come from.
    @ivar mtu: the largest payload of a frame.
    @ivar injected: what the service handed to the host.
    """

    pluginInterface = IFrameService
    openedInterface = IFrameWatcher
    context: NodeContext
    peer: Peer = "192.0.2.7:22222"
    mtu: int = 1400
    injected: list[Frame]

    # What a service's test supplies.

    def makeService(self) -> IFrameService:
        """
        Make the service.
        """
        raise NotImplementedError

    def passing(self) -> Sequence[bytes]:
        """
        Frames that it lets pass in both directions: by default, some of protocols that few services care for.
        """
        return PASSING

    def typical(self) -> Sequence[bytes]:
        """
        Frames that it may care for: by default, some of ARP, neighbour discovery, DHCP, mDNS and others.
        """
        return TYPICAL

    # Tools.

    def makePlugin(self) -> IWandPlugin:
        """
        See L{NodePluginBench}.
        """
        self.injected = []
        return self.makeService()

    def openWith(self, settings: Mapping[str, Any]) -> IFrameWatcher:
        """
        See L{NodePluginBench}.
        """
        watcher: IFrameWatcher = self.plugin.open(settings, self.context, self.inject)
        return watcher

    def inject(self, frame: Frame) -> None:
        """
        Hand a frame to the host.
        """
        self.injected.append(bytes(frame) if isinstance(frame, memoryview) else frame)

    handed = (inject,)

    def opened(self) -> IFrameWatcher:
        """
        Open the service, and close it at the end.
        """
        watcher = self.openWith(self.settings)
        self.addCleanup(watcher.close)
        return watcher

    def exercise(self, opened: IFrameWatcher) -> None:
        """
        See L{NodePluginBench}: show it frames.
        """
        for frame in self.typical():
            self.ask(opened, frame)

    def ask(self, watcher: IFrameWatcher, frame: Frame) -> tuple[Any, Any]:
        """
        Ask about a frame in both directions, and look at the answers.
        """
        with self.keeping(rules.NEVER_RAISES, f"leaving() of {bytes(frame[:60]).hex()}"):
            leaving = watcher.leaving(frame)
        with self.keeping(rules.NEVER_RAISES, f"arriving() of {bytes(frame[:60]).hex()}"):
            arriving = watcher.arriving(self.peer, frame)
        for answer in (leaving, arriving):
            isAnswer = answer is True or answer is False or answer is CONSUMED
            self.expect(isAnswer, rules.ANSWERS, f"{answer!r}")
        return leaving, arriving
