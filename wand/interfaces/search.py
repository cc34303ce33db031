"""
Finding members that nobody told us of, because there are too many to know all of them.
"""

from __future__ import annotations

from typing import Protocol, TypeAlias

from twisted.internet.defer import Deferred

from wand.ethernet import MAC

#: A MAC address, an overlay address without a prefix length, a name, or the identity of a member.
Sought: TypeAlias = MAC | str | bytes


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
