"""
What directories say of who is online, and whose word counts: each directory server is one, and gossip is one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.sealed.credentials.identity import Identity
from wand.timing.deadlines import Deadlines

#: Seconds after which a directory of which nothing was heard is silent: three times as long as it may be until a server
#: is asked again, and longer than members need to notice that gossip does not reach them.
DIRECTORY_SILENCE: Final = 180.0


class DirectoryWords:
    """
    The last word of every directory about every member.  A member is online if a directory that is heard says so.  What
    a silent one said last stands, unless one that is heard denies it: that the member is offline, not merely that it is
    unknown.  So a silent directory removes nobody, and holds nobody who is gone.
    """

    def __init__(self, clock: IReactorTime, settle: Callable[[Identity], object]) -> None:
        """
        @param settle: called with each member that may be online or offline now because of a directory that fell
            silent, or is heard again.
        """
        self._clock = clock
        self._settle = settle
        self._online: dict[str, set[Identity]] = {}
        self._offline: dict[str, set[Identity]] = {}
        self._heard: Deadlines[str] = Deadlines(clock, self._weigh)

    def say(self, identity: Identity, by: str, *, isOnline: bool) -> None:
        """
        A directory says of a member that it is online, or that it is not.
        """
        yes, no = (self._online, self._offline) if isOnline else (self._offline, self._online)
        yes.setdefault(by, set()).add(identity)
        no.get(by, set()).discard(identity)

    def forget(self, identity: Identity) -> None:
        """
        Forget what was said of a member.
        """
        for said in (*self._online.values(), *self._offline.values()):
            said.discard(identity)

    def leave(self, by: str) -> None:
        """
        A directory is asked no more: whoever it contradicted others about is what those say.
        """
        affected = self._contradictedBy(by)
        self._online.pop(by, None)
        self._offline.pop(by, None)
        self._heard.discard(by)
        for identity in sorted(affected):
            self._settle(identity)

    def hear(self, by: str) -> None:
        """
        A directory is heard, whatever it says.
        """
        wasSilent = self._heard.deadline(by) is None
        self._heard.expireAt(by, self._clock.seconds() + DIRECTORY_SILENCE)
        if wasSilent:
            self._weigh(by)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._heard.stop()

    @property
    def isAnyHeard(self) -> bool:
        """
        Is any directory heard?
        """
        return len(self._heard) > 0

    def isOnline(self, identity: Identity) -> bool:
        """
        Is a member online, after all that was said?
        """
        said = [by for by, members in self._online.items() if identity in members]
        if any(self._isHeard(by) for by in said):
            return True
        return bool(said) and not any(
            identity in members and self._isHeard(by) for by, members in self._offline.items()
        )

    def isTold(self, identity: Identity, but: str) -> bool:
        """
        Does a directory say that a member is online, heard or not?

        @param but: the first word of the names that do not matter.
        """
        return any(identity in members for by, members in self._online.items() if by.partition(" ")[0] != but)

    def _isHeard(self, by: str) -> bool:
        return self._heard.deadline(by) is not None

    def _weigh(self, by: str) -> None:
        """
        A directory is silent now, or is not any more: that matters where it contradicts another.
        """
        for identity in sorted(self._contradictedBy(by)):
            self._settle(identity)

    def _contradictedBy(self, by: str) -> set[Identity]:
        return _contradicted(by, self._online, self._offline) | _contradicted(by, self._offline, self._online)


def _contradicted(by: str, mine: dict[str, set[Identity]], theirs: dict[str, set[Identity]]) -> set[Identity]:
    said = mine.get(by, set())
    return set().union(*(said & others for other, others in theirs.items() if other != by))
