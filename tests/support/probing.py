"""
Echoes from one node to others, while something happens to them.
"""

from __future__ import annotations

import time

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.probe import Echo
from wand.lab.topology import Node


class Probing:
    """
    A stream of echo requests from one node to others.
    """

    def __init__(self, network: Deployment, source: Node, *targets: Node) -> None:
        self._probe = network.probe(source, targets)
        self.targets = targets
        for target in targets:
            wait(lambda target=target: self.echoes(target), 10, f"the first echo of {target.name}")

    def echoes(self, target: Node | None = None) -> list[Echo]:
        """
        The echoes of one of the targets, or of the only one.
        """
        return [echo for echo in self._probe.echoes() if echo.target == (target or self.targets[0])]

    def goOn(self, count: int = 10, target: Node | None = None) -> None:
        """
        Wait for more echoes.
        """
        before = len(self.echoes(target))
        wait(lambda: len(self.echoes(target)) >= before + count, 20, "more echoes")

    def lost(self) -> int:
        """
        How many requests to the only target were not answered.
        """
        numbers = {echo.sequence for echo in self.echoes()}
        return max(numbers) - min(numbers) + 1 - len(numbers)

    def silentSince(self, moment: float, target: Node | None = None, pause: float = 1.0) -> float:
        """
        Wait until a target no longer answers.

        @return: seconds from C{moment}, of C{time.monotonic}, until the last request that it answered.
        """

        def silent() -> bool:
            return time.monotonic() - self.echoes(target)[-1].sent > pause

        wait(silent, 20, "silence")
        return max(self.echoes(target)[-1].sent - moment, 0.0)

    def backSince(self, moment: float, target: Node | None = None) -> float:
        """
        Wait until a target answers again.

        @return: seconds from C{moment} until the first request that it answered.
        """
        wait(lambda: self.echoes(target)[-1].sent > moment, 20, "an echo")
        return next(echo.sent for echo in self.echoes(target) if echo.sent > moment) - moment

    def stop(self) -> None:
        """
        Send no more requests.
        """
        self._probe.stop()
