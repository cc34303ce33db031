"""
What two nodes send each other meanwhile: echo requests, and one TCP connection.
"""

from __future__ import annotations

import time
from typing import Final

from wand.lab import PYTHON, wait
from wand.lab.deployment import Deployment
from wand.lab.probe import EchoProbe
from wand.lab.topology import Node

#: Seconds between two echo requests, and between two questions in the connection.
ECHO_INTERVAL: Final = 0.01
QUESTION_INTERVAL: Final = 0.02

#: Seconds until a request that was not answered counts as lost.
PATIENCE: Final = 0.5

#: The ends of the connection; a wrong answer ends it.
_ANSWERING: Final = """
import socket, sys
with socket.create_server((sys.argv[1], 5001)) as server:
    print("listening", flush=True)
    connection, _ = server.accept()
while octets := connection.recv(4096):
    connection.sendall(octets)
"""
_ASKING: Final = """
import os, socket, sys, time
connection = socket.create_connection((sys.argv[1], 5001))
file = connection.makefile("rb")
while True:
    octets = os.urandom(500)
    connection.sendall(octets)
    assert file.read(500) == octets
    print(time.monotonic(), flush=True)
    time.sleep(float(sys.argv[2]))
"""


class Traffic:
    """
    Goes on until it is stopped.
    """

    def __init__(self, network: Deployment, source: Node, target: Node) -> None:
        answering = network.hosts[target.name].start("answering", *PYTHON[:1], "-c", _ANSWERING, target.inside)
        wait(answering.log.read_text, 10, "somebody who answers")
        words = (target.inside, str(QUESTION_INTERVAL))
        self._asking = network.hosts[source.name].start("asking", *PYTHON[:1], "-c", _ASKING, *words)
        self._probe = EchoProbe(network.hosts[source.name], [target], interval=ECHO_INTERVAL)
        wait(lambda: self.answers and self._probe.echoes(), 10, "the first echo and the first answer")

    def stop(self) -> None:
        """
        Send no more.
        """
        self._probe.stop()
        self._asking.kill()

    @property
    def answers(self) -> list[float]:
        """
        When the connection brought an answer, in seconds of C{time.monotonic}.
        """
        return [float(line) for line in self._asking.log.read_text().rpartition("\n")[0].splitlines()]

    def newest(self) -> int:
        """
        Wait until what was sent so far is answered or lost.

        @return: the number of the last echo request that was answered.
        """
        time.sleep(PATIENCE)
        return max(echo.sequence for echo in self._probe.echoes())

    def lost(self, after: int, upto: int) -> int:
        """
        How many echo requests after one and up to another were not answered.
        """
        numbers = {echo.sequence for echo in self._probe.echoes()}
        return sum(number not in numbers for number in range(after + 1, upto + 1))
