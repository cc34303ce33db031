"""
What the demo is played on: something that can start nodes, kill them, and pass traffic between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from wand.demo.figures import Admission, Capture, Silence, Transfer
from wand.demo.topology import Node, Site, Topology


class Echo(NamedTuple):
    """
    An echo that came back.

    @ivar target: the node that was asked.
    @ivar sequence: the number of the request.
    @ivar sent: when it was asked, in seconds of C{time.monotonic}.
    @ivar milliseconds: the time there and back.
    """

    target: Node
    sequence: int
    sent: float
    milliseconds: float


class Probe(Protocol):
    """
    One node asks others for echoes, again and again.
    """

    def echoes(self) -> Sequence[Echo]:
        """
        What came back so far.
        """

    def stop(self) -> None:
        """
        Ask no more.
        """


class Stage(Protocol):
    """
    A network to play with.  Methods wait until they are done; they raise L{wand.errors.WandError}.

    @ivar way: C{namespaces} or C{memory}.
    @ivar carrier: what a transfer goes by.
    @ivar topology: what is where.
    """

    way: str
    carrier: str
    topology: Topology

    def start(self, site: Site) -> None:
        """
        Start the program of a site.
        """

    def kill(self, site: Site) -> None:
        """
        End the program of a site at once, as a crash would.
        """

    def admit(self, node: Node) -> Admission:
        """
        Give a node that runs an invitation of the server's, and wait until it is a member.
        """

    def revoke(self, node: Node) -> None:
        """
        Let a node be a member no more.
        """

    def knock(self) -> Silence:
        """
        Let somebody who is no member ask the server and every node.
        """

    def listen(self, patterns: Mapping[str, bytes]) -> AbstractContextManager[Callable[[], Capture]]:
        """
        While this context lasts, listen on the network between the sites.

        @param patterns: octets to look for, by what they are called.
        @return: gives what was seen so far.
        """

    def known(self, node: Node) -> dict[str, str]:
        """
        The table of a node: where each MAC address is.  Empty as long as the node does not answer.
        """

    def ping(self, source: Node, targets: Sequence[Node]) -> Sequence[Echo]:
        """
        Ask for a few echoes.
        """

    def probe(self, source: Node, targets: Sequence[Node]) -> Probe:
        """
        Begin to ask for echoes, some tens a second.
        """

    def transfer(self, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
        """
        Send as much as goes through, and tell how far it is several times a second; last, how it ended.
        """

    def evidence(self) -> Sequence[tuple[str, str]]:
        """
        What the programs said, for when something failed: names and the ends of their logs.
        """

    def visit(self) -> Sequence[tuple[str, str]]:
        """
        What a person can type to look around, each with what it does.
        """
