"""
Storm control: this host sends the network only so many frames to groups, whatever loops or floods on its side.

Others take only so many of a member, too; but what they would drop has been sent to each of them by then.  In a sealed
network it is at work unless the configuration names other frame services.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Annotated, Final

import msgspec
from zope.interface import implementer

from wand.ethernet import Frame
from wand.interfaces import IFrameService, IFrameWatcher, NodeContext, Settings
from wand.plugin_settings import readSettings
from wand.sealed.credentials.limits import BROADCASTS
from wand.table import Peer
from wand.timing.token_buckets import TokenBuckets

COUNTERS: Final = {"storm-frames": "broadcast and multicast frames of the host refused: more than it may send"}

#: For how many seconds after its last sign C{wand status} tells of a storm, and how often at most it is said again.
STORM_LIFETIME: Final = 60.0
_PAUSE: Final = 1.0

_WHERE: Final = "frame-service-settings.storm"


class StormSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The settings.

    @ivar frames: how many broadcast and multicast frames the host may send in a second, and twice as many at once; 0
        for what others take of this node, as its certificate says.
    """

    frames: Annotated[int, msgspec.Meta(ge=0)] = 0


@implementer(IFrameService)
class Storm:
    """
    The plugin.
    """

    name = "storm"
    about = "bounds the broadcast and multicast frames that this host sends"
    settings = StormSettings

    def unusable(self) -> None:
        """
        See L{wand.interfaces.IWandPlugin}: it works everywhere.
        """

    def open(self, settings: Settings, context: NodeContext, inject: Callable[[Frame], object]) -> IFrameWatcher:
        """
        See L{IFrameService}.
        """
        return StormControl(readSettings(settings, StormSettings, _WHERE).frames, context)


@implementer(IFrameWatcher)
class StormControl:
    """
    The storm control at work.
    """

    def __init__(self, frames: int, context: NodeContext) -> None:
        """
        @param frames: see L{StormSettings}.
        """
        context.counters.declare(COUNTERS)
        self._frames = frames
        self._context = context
        self._limit = 0
        self._saidAt = -inf
        self._follow()

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        self._follow()
        if self._bucket.take(""):
            return True
        self._context.counters["storm-frames"] += 1
        self._say()
        return False

    def arriving(self, peer: Peer, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}: what peers send is bounded before.
        """
        return True

    def close(self) -> None:
        """
        See L{IFrameWatcher}: nothing is left behind.
        """

    def _follow(self) -> None:
        limit = self._frames or self._ownLimit()
        if limit != self._limit:
            self._limit = limit
            self._bucket = TokenBuckets(self._context.clock, limit, 2 * limit)

    def _ownLimit(self) -> int:
        sealed = self._context.sealed
        own = None if sealed is None else sealed.participant.claims.announcement(sealed.participant.identity)
        return BROADCASTS if own is None else own.certificate.limits.broadcasts

    def _say(self) -> None:
        now = self._context.clock.seconds()
        if now >= self._saidAt + _PAUSE:
            self._saidAt = now
            self._context.notes.say("storm", self._text(), lifetime=STORM_LIFETIME)

    def _text(self) -> str:
        remedy = (
            f"set a larger number of frames in [{_WHERE}]"
            if self._frames or self._context.sealed is None
            else f"raise the limit at the server: wand limit NAME --broadcasts {2 * self._limit}"
        )
        return (
            f"this host sends more than {self._limit} broadcast and multicast frames a second into the network, and "
            f"the rest is dropped: look for a loop of its LAN, or a program that floods; if it is meant, {remedy}"
        )
