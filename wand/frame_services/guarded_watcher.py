"""
A frame service that cannot disturb the data path.
"""

from __future__ import annotations

from zope.interface import alsoProvides, implementer

from wand.ethernet import Frame
from wand.health.failures import Failures
from wand.interfaces import IFrameInspector, IFrameWatcher, Passage
from wand.table import Peer


@implementer(IFrameWatcher)
class GuardedWatcher:
    """
    Passes every call on to a frame service.  When that raises, the frame is dropped, since a guard that fails must not
    become an open door.
    """

    def __init__(self, name: str, watcher: IFrameWatcher, failures: Failures) -> None:
        self._place = f"frame service {name}"
        self._watcher = watcher
        self._failures = failures
        if IFrameInspector.providedBy(watcher):
            alsoProvides(self, IFrameInspector)

    def leaving(self, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}.
        """
        try:
            return self._watcher.leaving(frame)
        except Exception:
            return self._refuse()

    def arriving(self, peer: Peer, frame: Frame) -> Passage:
        """
        See L{IFrameWatcher}.
        """
        try:
            return self._watcher.arriving(peer, frame)
        except Exception:
            return self._refuse()

    def close(self) -> None:
        """
        See L{IFrameWatcher}.
        """
        try:
            self._watcher.close()
        except Exception:
            self._refuse()

    def _refuse(self) -> bool:
        self._failures.caught(self._place, plugin=self._watcher)
        return False
