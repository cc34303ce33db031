"""
What the demo is played on: a network whose nodes can be started and killed, with traffic between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from wand.demo.figures import Silence
from wand.lab.admission import Admission
from wand.lab.capture import Capture
from wand.lab.probe import Echo
from wand.lab.topology import Node, Site, Topology
from wand.lab.transfer import Transfer


class Probe(Protocol):
    """
    A stream of echo requests from one node to others.
    """

    def echoes(self) -> Sequence[Echo]:
        """
        The echoes that came back so far.
        """

    def stop(self) -> None:
        """
        Stop sending requests.
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
        End the program of a site at once, as a crash does.
        """

    def admit(self, node: Node) -> Admission:
        """
        Give an invitation to a node that runs, and wait until it is a member.
        """

    def revoke(self, node: Node) -> None:
        """
        Revoke a member.
        """

    def knock(self) -> Silence:
        """
        Let somebody who is not a member send datagrams to the server and to every node.
        """

    def listen(self, patterns: Mapping[str, bytes]) -> AbstractContextManager[Callable[[], Capture]]:
        """
        Listen on the network between the sites, as long as this context lasts.

        @param patterns: octets to look for, by what they are called.
        @return: gives what was heard so far.
        """

    def known(self, node: Node) -> dict[str, str]:
        """
        The table of a node: where each MAC address is.  It is empty until the node answers.
        """

    def ping(self, source: Node, targets: Sequence[Node]) -> Sequence[Echo]:
        """
        Send a few echo requests.

        @return: the echoes that came back.
        """

    def probe(self, source: Node, targets: Sequence[Node]) -> Probe:
        """
        Begin to send echo requests, dozens a second.
        """

    def transfer(self, source: Node, target: Node, seconds: float) -> Iterator[Transfer]:
        """
        Send as much as goes through for some seconds.

        @return: how far it is, again and again; at last, how it ended.
        """

    def evidence(self) -> Sequence[tuple[str, str]]:
        """
        What the programs said, for a failure: their names and the ends of their logs.
        """

    def visit(self) -> Sequence[tuple[str, str]]:
        """
        Commands that a person can type to look around, each with what it does.
        """
