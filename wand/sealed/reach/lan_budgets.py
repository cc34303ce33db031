"""
How many datagrams on our links are verified: a signature costs more than a datagram, and says only then whose it is.

Everybody with the network secret can make datagrams that look like anybody's, so budgets of their own have only those
whom we know, of whom there is a number.  All others share what there is for them, wherever they say they are.
"""

from __future__ import annotations

from typing import Final

from twisted.internet.interfaces import IReactorTime

from wand.timing.token_buckets import TokenBuckets

#: How many datagrams of a member that we know are verified, per second in the long run and at once.
MEMBER_RATE: Final = 2.0
MEMBER_BURST: Final = 20.0

#: The same for each host, of those that we do not know.
HOST_RATE: Final = 20.0
HOST_BURST: Final = 100.0

#: The same for all that we do not know: of those that repeat our challenge, and of the others.  The latter may be sent
#: from anywhere.
STRANGERS_RATE: Final = 50.0
STRANGERS_BURST: Final = 200.0


class LanBudgets:
    """
    Knows whose turn it is.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._members = TokenBuckets(clock, MEMBER_RATE, MEMBER_BURST)
        self._hosts = TokenBuckets(clock, HOST_RATE, HOST_BURST)
        self._strangers = TokenBuckets(clock, STRANGERS_RATE, STRANGERS_BURST)

    def takeOfNeighbour(self, identity: bytes, host: str) -> bool:
        """
        May another datagram be verified that says it is of a member that was found at this host?
        """
        return self._members.take(f"{identity.hex()} {host}")

    def takeOfMember(self, identity: bytes, *, isAnswer: bool) -> bool:
        """
        The same for a member that we know of, wherever it is.

        @param isAnswer: does it repeat our challenge?  Others than those on the link cannot.
        """
        return self._members.take(f"{identity.hex()} {isAnswer}")

    def takeOfStranger(self, host: str, *, isAnswer: bool) -> bool:
        """
        The same for somebody of whom we do not know anything.
        """
        if isAnswer and self._strangers.take("answers"):
            return True
        return self._hosts.take(host) and self._strangers.take("others")
