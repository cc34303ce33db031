"""
Echoes from one node of a lab to others: a few, or a stream that shows for how long somebody was away.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from wand.lab.commands import PYTHON, Daemon
from wand.lab.network import Host
from wand.lab.topology import Node

#: Seconds between the requests for echoes.
ECHO_INTERVAL: Final = 0.02


class Echo(NamedTuple):
    """
    An echo that came back.

    @ivar target: the node that was asked.
    @ivar sequence: the number of the request.
    @ivar sent: when it was asked, in seconds of C{time.monotonic}.
    @ivar milliseconds: the time there and back.
    @ivar began: when the first request of all was sent, where that is known.
    """

    target: Node
    sequence: int
    sent: float
    milliseconds: float
    began: float = 0.0

    @property
    def returned(self) -> float:
        """
        When it came back.
        """
        return self.sent + self.milliseconds / 1000


class EchoProbe:
    """
    A stream of requests from a host to some nodes, and the echoes that came back.
    """

    def __init__(
        self, host: Host, targets: Sequence[Node], *, name: str = "", interval: float = ECHO_INTERVAL, size: int = 0
    ) -> None:
        """
        @param name: of the log; a host that has several streams needs several.
        @param interval: seconds between the requests.
        @param size: octets of each ICMP message at least.
        """
        words = _command(0, targets, interval)
        if size:
            words = ["env", f"WAND_LAB_ECHO_SIZE={size}", *words]
        self._process: Daemon = host.start(name or f"echo-{host.name}", *words)
        self._targets = targets

    def echoes(self) -> Sequence[Echo]:
        """
        The echoes that came back so far.
        """
        return _echoes(self._process.log.read_text().rpartition("\n")[0], self._targets)

    def stop(self) -> None:
        """
        Stop sending requests.
        """
        self._process.kill()


def ping(host: Host, targets: Sequence[Node]) -> Sequence[Echo]:
    """
    Send a few requests from a host to each of some nodes.

    @return: the echoes that came back.
    """
    return _echoes(host.run(*_command(5, targets)), targets)


def _command(count: int, targets: Sequence[Node], interval: float = ECHO_INTERVAL) -> list[str]:
    return [*PYTHON, "wand.lab.echo", str(interval), str(count), *(node.inside for node in targets)]


def _echoes(lines: str, targets: Sequence[Node]) -> Sequence[Echo]:
    nodes = {node.inside: node for node in targets}
    documents = map(json.loads, lines.splitlines())
    return [Echo(nodes[each.pop("target")], **each) for each in documents]
