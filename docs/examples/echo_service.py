"""
A frame service: answers what this host sends to all in an experimental EtherType, and lets nobody else's in.
"""

from collections.abc import Callable

import attrs
import msgspec
from zope.interface import implementer

from wand.ethernet import Frame
from wand.interfaces import CONSUMED, IFrameService, IFrameWatcher, NodeContext, Passage, Settings
from wand.plugin_settings import readSettings
from wand.table import Peer

#: For experiments within a network (IEEE 802).
EXPERIMENTAL = b"\x88\xb5"

#: Whom the answers come from.
ANSWERER = b"\x02\x00\x00\x00\x88\xb5"


class NoSettings(msgspec.Struct):
    """
    An operator sets nothing.
    """


# service
@implementer(IFrameWatcher)
@attrs.frozen
class Echo:
    """
    Answers.
    """

    inject: Callable[[Frame], object]

    def leaving(self, frame: Frame) -> Passage:
        if frame[12:14] != EXPERIMENTAL:
            return True  # it may go on, as nearly all do
        self.inject(bytes(frame[6:12]) + ANSWERER + bytes(frame[12:]))
        return CONSUMED  # it was answered here, and is no drop

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        return frame[12:14] != EXPERIMENTAL  # False: it is dropped and counted

    def close(self) -> None:
        pass


# end of service


@implementer(IFrameService)
class EchoService:
    """
    Opens it.
    """

    name = "echo"
    about = "answers frames of EtherType 88b5 on this host"

    def unusable(self) -> str | None:
        return None

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        readSettings(settings, NoSettings, "frame-service-settings.echo")
        return Echo(inject)
