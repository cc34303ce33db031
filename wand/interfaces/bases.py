"""
Base classes of plugins and of what they open: whatever can have a default has one.

An interface may grow.  What a later version of C{wand.interfaces} adds has a default here that does what was done
before, so whoever derives from these keeps working.  Nobody has to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
from twisted.internet.defer import Deferred, succeed
from zope.interface import implementer

from wand.errors import TapUnavailable
from wand.ethernet import Frame
from wand.events import Event
from wand.interfaces.candidate import ICandidates
from wand.interfaces.directory import IDirectory
from wand.interfaces.frame_service import IFrameWatcher, Passage
from wand.interfaces.hook import Candidate, IHookListener, Verdict
from wand.interfaces.own_candidate import CandidateReader
from wand.plugin_settings import NoSettings
from wand.status import DirectoryStatus
from wand.table import Peer


class BasePlugin:
    """
    A plugin that has no settings and can be used everywhere.  A subclass has C{name}, C{about} and C{open}, and says
    with C{@implementer} of which kind it is.

    @cvar settings: the struct of its settings; C{wand plugins NAME} shows it.
    """

    name: str
    about: str
    settings: type[msgspec.Struct] = NoSettings

    def unusable(self) -> str | None:
        """
        See L{wand.interfaces.IWandPlugin}.
        """
        return None


class BaseTap:
    """
    An open port that agreed on nothing with a kernel and takes no further addresses.  A subclass is an L{ITap
    <wand.interfaces.ITap>}: it has C{interface}, C{mac}, C{mtu}, C{start}, C{write} and C{close}.
    """

    features: Sequence[str] = ()

    def addAddress(self, address: str) -> None:
        """
        See L{ITap <wand.interfaces.ITap>}.
        """
        raise TapUnavailable(f"this port cannot be given the address {address}: set it on the host yourself")


class BaseTransport:
    """
    A transport that agreed on nothing with a kernel, sends at once and keeps no accounts by itself.  A subclass is an
    L{ITransport <wand.interfaces.ITransport>}.
    """

    features: Sequence[str] = ()
    notes: Sequence[str] = ()

    def send(self, peer: Peer, frame: Frame) -> None:
        """
        See L{ITransport <wand.interfaces.ITransport>}.
        """
        raise NotImplementedError

    def sendEach(self, peers: Sequence[Peer], frame: Frame) -> None:
        """
        See L{ITransport <wand.interfaces.ITransport>}.
        """
        for peer in peers:
            self.send(peer, frame)

    def flush(self) -> None:
        """
        See L{ITransport <wand.interfaces.ITransport>}.
        """

    def peerAdded(self, peer: Peer) -> None:
        """
        See L{ITransport <wand.interfaces.ITransport>}.
        """

    def peerRemoved(self, peer: Peer) -> None:
        """
        See L{ITransport <wand.interfaces.ITransport>}.
        """


@implementer(IDirectory)
class BaseDirectory:
    """
    A directory that does nothing.
    """

    def start(self) -> None:
        """
        See L{IDirectory}.
        """

    def stop(self) -> None:
        """
        See L{IDirectory}.
        """

    def status(self) -> Sequence[DirectoryStatus]:
        """
        See L{IDirectory}.
        """
        return ()


class BaseRecords:
    """
    Records that nobody else writes, and that need no end.  A subclass is an L{IRecords <wand.interfaces.IRecords>}: it
    has C{load}, C{write} and C{exchange}.
    """

    def watch(
        self, kind: str, changed: Callable[[Mapping[bytes, bytes | None]], object], missed: Callable[[], object]
    ) -> Callable[[], None]:
        """
        See L{IRecords <wand.interfaces.IRecords>}.
        """
        return lambda: None

    def close(self) -> Deferred[None]:
        """
        See L{IRecords <wand.interfaces.IRecords>}.
        """
        return succeed(None)


@implementer(IHookListener)
class BaseHook:
    """
    A hook that takes no notice of anything, and admits everybody.
    """

    def told(self, event: Event) -> None:
        """
        See L{IHookListener}.
        """

    def admit(self, candidate: Candidate) -> Deferred[Verdict] | Deferred[bool] | Verdict | bool:
        """
        See L{IHookListener}.
        """
        return True

    def close(self) -> None:
        """
        See L{IHookListener}.
        """


@implementer(IFrameWatcher)
class BaseWatcher:
    """
    A frame service that lets everything pass.
    """

    def leaving(self, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}.
        """
        return True

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}.
        """
        return True

    def close(self) -> None:
        """
        See L{IFrameWatcher}.
        """


@implementer(ICandidates)
class BaseCandidates:
    """
    A candidate source that knows nothing.
    """

    def start(self, tell: CandidateReader) -> None:
        """
        See L{ICandidates}.
        """

    def moved(self) -> None:
        """
        See L{ICandidates}.
        """

    def stop(self) -> Deferred[None] | None:
        """
        See L{ICandidates}.
        """
        return None
