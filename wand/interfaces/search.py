"""
Finding members that nobody told us of, because there are too many to know all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from twisted.internet.defer import Deferred, succeed

from wand.ethernet import MAC

#: A MAC address, an overlay address without a prefix length, a name, or the identity of a member.
Sought: TypeAlias = MAC | str | bytes


class Question(NamedTuple):
    """
    What a member is looked for by.

    @ivar kind: C{mac}, C{address}, C{name} or C{identity}; C{after}, see L{MemberSearch.after}; or C{relays}, the
        next ones above an identity of those with the relay right.
    """

    kind: str
    what: Sought


class MemberSearch(Protocol):
    """
    Asks the directories that tell only of those members that they are asked for.
    """

    @property
    def isPartial(self) -> bool:
        """
        May there be members of which we were not told?  While this is C{False} everybody is known, and there is nobody
        to ask.
        """

    def find(self, kind: str, what: Sought) -> Deferred[bool]:
        """
        Look for whoever owns something.  The same question is under way once, however many ask it.

        @param kind: C{mac}, C{address}, C{name} or C{identity}.
        @return: fires with whether somebody does: the claims and the table have it then.  With C{False} also if nobody
            answers within 2 s, or too much is asked for.
        """

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        """
        Look for the member that is online and has the lowest identity above another, after the highest the lowest.

        @param identity: 32 octets; nobody needs to have it.
        @return: fires with its identity; the sessions know where it is then.  With C{None} if nobody answers within
            2 s, or there is nobody else.
        """


class Lookout(Protocol):
    """
    One server, or whatever else tells only of those members that it is asked for.
    """

    def look(self, questions: Sequence[Question]) -> bool:
        """
        Ask for these.  What comes is told to L{Lookouts.answered}.

        @return: is an answer likely?  If not, nobody waits for this one before saying that there is nobody.
        """


class Lookouts(Protocol):
    """
    Those who are asked, on behalf of L{MemberSearch}.  While there is one, not everybody is known.
    """

    def add(self, lookout: Lookout) -> None:
        """
        Ask this one as well, from now on.
        """

    def remove(self, lookout: Lookout) -> None:
        """
        Do not ask this one any more.  Nothing happens if it was not asked.
        """

    def answered(self, lookout: Lookout, question: Question, member: bytes | None) -> None:
        """
        A question was answered, after the claims were told what came.

        @param member: the identity of whoever it is; C{None} for nobody.
        """

    def inUse(self) -> Iterable[bytes]:
        """
        The identities of the members that are worth asking for again, those that were used last at the end.
        """


class EverybodyIsKnown:
    """
    The L{MemberSearch} and the L{Lookouts} of who has nobody to ask.
    """

    isPartial = False

    def find(self, kind: str, what: Sought) -> Deferred[bool]:
        """
        See L{MemberSearch}.
        """
        return succeed(False)

    def after(self, identity: bytes) -> Deferred[bytes | None]:
        """
        See L{MemberSearch}.
        """
        return succeed(None)

    def add(self, lookout: Lookout) -> None:
        """
        See L{Lookouts}.
        """

    def remove(self, lookout: Lookout) -> None:
        """
        See L{Lookouts}.
        """

    def answered(self, lookout: Lookout, question: Question, member: bytes | None) -> None:
        """
        See L{Lookouts}.
        """

    def inUse(self) -> Iterable[bytes]:
        """
        See L{Lookouts}.
        """
        return ()
