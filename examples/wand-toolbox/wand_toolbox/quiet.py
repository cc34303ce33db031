"""
The frame service: keeps chatter of desktop systems, which asks all for names and devices, on its own host.
"""

from collections.abc import Callable, Collection

import msgspec
from zope.interface import implementer

from wand.ethernet import Frame
from wand.interfaces import BasePlugin, BaseWatcher, IFrameService, IFrameWatcher, NodeContext, Passage, Settings
from wand.plugin_settings import readSettings

IPV4, IPV6, UDP = b"\x08\x00", b"\x86\xdd", b"\x11"


class QuietSettings(msgspec.Struct):
    """
    What an operator may set.

    @ivar ports: the UDP ports to which nothing leaves: by default those of NetBIOS, SSDP and LLMNR.
    """

    ports: tuple[int, ...] = (137, 138, 1900, 5355)


class QuietWatcher(BaseWatcher):
    """
    The service at work.
    """

    def __init__(self, ports: Collection[int], context: NodeContext) -> None:
        self.ports = frozenset(ports)
        self.counters = context.counters
        self.counters.declare({"quiet-frames": "frames to groups that the service quiet kept on this host"})

    def leaving(self, frame: Frame) -> Passage:
        if portOf(frame) not in self.ports:
            return True  # it may go on, as most do
        self.counters["quiet-frames"] += 1
        return False  # it is dropped, and counted as drop-sent-watched, too


def portOf(frame: Frame) -> int:
    """
    The UDP port to which a frame goes; -1 if it does not.  It may be anything, cut anywhere.
    """
    if frame[12:14] == IPV4 and frame[23:24] == UDP:
        begin = 16 + 4 * (frame[14] & 15)
    elif frame[12:14] == IPV6 and frame[20:21] == UDP:
        begin = 56
    else:
        return -1
    return int.from_bytes(frame[begin : begin + 2], "big")


@implementer(IFrameService)
class QuietService(BasePlugin):
    """
    Opens it.
    """

    name = "quiet"
    about = "keeps chatter of desktop systems on its host"
    settings = QuietSettings

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        return QuietWatcher(readSettings(settings, QuietSettings, "frame-service-settings.quiet").ports, context)


plugin = QuietService()
