"""
A frame service that can not disturb the data path.
"""

from __future__ import annotations

from twisted.logger import Logger
from zope.interface import alsoProvides, implementer

from wand.ethernet import Frame
from wand.interfaces import IFrameInspector, IFrameWatcher
from wand.table import Peer


@implementer(IFrameWatcher)
class SteadyWatcher:
    """
    Passes every call on to a frame service.  When that raises, the frame is dropped, since a guard that fails must not
    become an open door, and the failure is logged the first time.
    """

    _log = Logger()

    def __init__(self, name: str, watcher: IFrameWatcher) -> None:
        self._name = name
        self._watcher = watcher
        self._failed = False
        if IFrameInspector.providedBy(watcher):
            alsoProvides(self, IFrameInspector)

    def leaving(self, frame: Frame) -> bool:
        """
        See L{IFrameWatcher}.
        """
        try:
            return self._watcher.leaving(frame)
        except Exception:
            return self._refuse()

    def arriving(self, peer: Peer, frame: Frame) -> bool:
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
        self._watcher.close()

    def _refuse(self) -> bool:
        if not self._failed:
            self._failed = True
            self._log.failure("the frame service {name} failed; what it fails on is dropped", name=self._name)
        return False
