"""
Frame services: code that looks at broadcast and control frames.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, Literal, TypeAlias

from zope.interface import Interface

from wand.ethernet import Frame
from wand.interfaces.node_context import NodeContext
from wand.interfaces.plugin import IWandPlugin, Settings
from wand.table import Peer


class Consumed(Enum):
    """
    A frame went where it should: the service that was asked about it has dealt with it.  It is no drop.
    """

    CONSUMED = "consumed"

    def __bool__(self) -> Literal[False]:
        return False


#: See L{Consumed}.
CONSUMED: Final = Consumed.CONSUMED

#: What a frame service says of a frame: it may pass, it may not, or it is dealt with.
Passage: TypeAlias = bool | Consumed


class IFrameService(IWandPlugin):
    """
    Code that looks at frames to group addresses, the few that are worth a look: ARP, neighbour discovery, DHCP.  Frames
    from host to host never come by, unless what it opens is a L{IFrameInspector}.
    """

    def open(settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        Begin to watch.

        @param inject: hands a frame of the service's own to the host, as if a peer had sent it.
        @raise wand.errors.ConfigurationInvalid: if a key or a value is refused.
        """


class IFrameWatcher(Interface):
    """
    A frame service at work.  Frames come from strangers, cut anywhere; each is good until the call returns, and is left
    as it is.
    """

    def leaving(frame: Frame) -> Passage:
        """
        The host sends a frame to a group.

        @return: whether it may go on to the peers; if not it is dropped and counted, unless it is L{CONSUMED}.
        """

    def arriving(peer: Peer, frame: Frame) -> Passage:
        """
        A peer sends a frame to a group.

        @return: whether it may go on to the host; if not it is dropped and counted, unless it is L{CONSUMED}.
        """

    def close() -> None:
        """
        Stop watching; more calls do nothing.
        """


class IFrameInspector(IFrameWatcher):
    """
    A frame service at work whose C{arriving} is asked about every frame of every peer, those to one host included.  It
    is in the way of all data, so it has to be quick.  Of a stretch of a superframe it is asked once, with its headers
    and the beginning of its payload: that is TCP or UDP, all of one flow.
    """
