"""
Links: what a host sends to everybody who is on one with it, without knowing anybody.

L{wand.underlay.multicast} is the real one; L{wand.testing.links} has one in simulated time.
"""

from __future__ import annotations

from typing import Protocol

#: The UDP port at which questions to everybody arrive; answers go to where a question came from.
LINK_PORT = 22223


class LinkReceiver(Protocol):
    """
    Takes what comes from the hosts on our links.
    """

    def heard(self, datagram: bytes, sender: tuple[str, int]) -> None:
        """
        A datagram came, to everybody or to us alone.

        @param sender: where it says it comes from, and where an answer goes.
        """


class LinkPort(Protocol):
    """
    Speaks to the hosts on our links.  Nothing raises, and nothing waits: what the system refuses is counted.
    """

    def join(self, link: int, source: str) -> bool:
        """
        Listen on a link from now on; more calls do nothing.

        @param link: the number of the interface.
        @param source: an address of ours there; its family is listened for.
        @return: whether the system does so.
        """

    def leave(self, link: int, source: str) -> None:
        """
        Listen there no longer.
        """

    def ask(self, datagram: bytes, link: int, source: str) -> bool:
        """
        Send a datagram to everybody on a link; no router passes it on.

        @param source: from which of our addresses.
        @return: whether the system took it.
        """

    def answer(self, datagram: bytes, sender: tuple[str, int]) -> bool:
        """
        Send a datagram to one host; it gets no farther than the next router.

        @param sender: as the receiver got it.
        @return: whether the system took it.
        """

    def close(self) -> None:
        """
        Stop, at once; more calls do nothing.
        """


class Links(Protocol):
    """
    The links of a host.
    """

    def open(self, receiver: LinkReceiver) -> LinkPort | None:
        """
        Open a port.

        @return: C{None} where that cannot be done.
        """


class NoLinks:
    """
    A host on no link.
    """

    def open(self, receiver: LinkReceiver) -> LinkPort | None:
        """
        See L{Links}.
        """
        return None
