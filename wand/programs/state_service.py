"""
The state directory as a service: made with the privileges of the start, and locked while the program runs.
"""

from __future__ import annotations

from twisted.application.service import Service

from wand.state import Owner, StateDirectory
from wand.state_layout import takeOver
from wand.state_lock import StateLock


class StateService(Service):
    """
    Makes the state directory, for the user that the program becomes, and holds its lock.
    """

    def __init__(self, path: str, owner: Owner, foreign: tuple[str, ...] = (), both: str = "") -> None:
        """
        @param foreign: files that only programs of another kind have.
        @param both: see L{StateDirectory.checkKind}.
        """
        self._path = path
        self._owner = owner
        self._foreign = foreign
        self._both = both
        self._lock: StateLock | None = None

    def privilegedStartService(self) -> None:
        """
        Take the directory.

        @raise wand.errors.StateUnavailable: if it cannot be used, or is another program's.
        """
        state = StateDirectory(self._path, self._owner)
        state.checkKind(self._foreign, self._both)
        lock = StateLock(state.path)
        lock.take()
        try:
            state.checkWhole()
            takeOver(state)
        except BaseException:
            lock.release()
            raise
        self._lock = lock

    def startService(self) -> None:
        """
        Take the directory, unless that is done.
        """
        super().startService()
        if self._lock is None:  # python -m twisted has no privileged start
            self.privilegedStartService()

    def stopService(self) -> None:
        """
        Release it.
        """
        super().stopService()
        if self._lock is not None:
            self._lock.release()
            self._lock = None
