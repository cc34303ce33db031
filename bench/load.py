"""
Loads: what is sent through a contender, and what comes of it.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from bench import figures, packets
from bench.figures import Figure
from bench.plot import START_PATIENCE, Arena, Link
from bench.readings import Flow, MachineTicks, echoes, flow, machineTicks, packetRate, processorTicks
from bench.results import Turn
from bench.summary import percentile
from wand.errors import WandError
from wand.lab import CommandFailed, Daemon, Lab, wait

#: A TCP stream that makes no progress for longer than this has stalled; seconds.
STALL: Final = 2.0

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PACKETS: Final = (sys.executable, "-P", packets.__file__)


class Bystanders:
    """
    All other programs on the machine, from now on.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._before, self._ownBefore = self._now()

    def share(self) -> float:
        """
        The share of the processors' time, 0 to 1, that others have used since we began, or that a hypervisor gave them.
        """
        after, own = self._now()
        others = after.busy - self._before.busy - (own - self._ownBefore)
        total = after.total - self._before.total
        return max(0.0, others + after.stolen - self._before.stolen) / total if total else 0.0

    def _now(self) -> tuple[MachineTicks, float]:
        running = processorSeconds([each for each in self._lab.daemons if each.isRunning])
        own = sum(os.times()[:4]) + running  # of this process, and of its children that have ended
        return machineTicks(Path("/proc/stat").read_text()), own * _TICKS


class Load:
    """
    The loads, and the programs on the hosts that make them.

    @ivar seconds: how long each lasts.
    @ivar congestion: the congestion control of TCP.
    """

    def __init__(self, arena: Arena, seconds: int, congestion: str) -> None:
        self.seconds = seconds
        self.congestion = congestion
        self._arena = arena
        self._turn = Turn()
        self._used = 0.0
        self._bits = 0.0
        self._port = 5200

    def turn(self, link: Link, wanted: Sequence[Figure]) -> Turn:
        """
        Measure a contender once.

        @param wanted: what to measure.
        @return: the figures, and what went wrong: an error does not end the benchmark.
        """
        self._turn, self._used, self._bits = Turn(), 0.0, 0.0
        bystanders = Bystanders(self._arena.lab)
        steps = (
            (self._idle, {figures.ECHO, figures.ECHO_SLOW}),
            (self._forward, {figures.FORWARD, figures.EFFICIENCY}),
            (self._reverse, {figures.REVERSE}),
            (self._small, {figures.SMALL}),
            (self._large, {figures.LARGE}),
            (self._loaded, {figures.ECHO_LOADED}),
        )
        for step, given in steps:
            if given.intersection(wanted):
                try:
                    step(link)
                except WandError as error:
                    failure = str(error).partition("\n")[0]
                    self._turn.failures.update({figure.name: failure for figure in given})
        self._account(link)
        self._turn.disturbance = bystanders.share()
        return self._turn

    def _account(self, link: Link) -> None:
        ended = [each.name for each in link.carriers if not each.isRunning]
        if ended:
            self._turn.failures["programs"] = f"ended by itself: {', '.join(ended)}"
        elif link.carriers:
            self._turn.figures[figures.MEMORY.name] = max(each.residentBytes for each in link.carriers) / 1e6
        if self._used:
            self._turn.figures[figures.EFFICIENCY.name] = self._bits / 1e9 / self._used

    def warmUp(self, link: Link) -> None:
        """
        Send for a second and forget the result: programs look for the path's MTU, or for a direct way.
        """
        with suppress(WandError), self._streaming(link, 1) as stream:
            self._ended(stream, START_PATIENCE)

    def _idle(self, link: Link) -> None:
        times = self._echoes(link, 0.01, 100 * self.seconds)
        self._turn.figures[figures.ECHO.name] = statistics.fmean(times)
        self._turn.figures[figures.ECHO_SLOW.name] = percentile(times, 99)

    def _forward(self, link: Link) -> None:
        self._turn.figures[figures.FORWARD.name] = self._stream(link, figures.FORWARD).rate / 1e6

    def _reverse(self, link: Link) -> None:
        self._turn.figures[figures.REVERSE.name] = self._stream(link, figures.REVERSE, "-R").rate / 1e6

    def _stream(self, link: Link, figure: Figure, *options: str) -> Flow:
        before = processorSeconds(link.carriers)
        with self._streaming(link, self.seconds, *options) as stream:
            seen = self._ended(stream, self.seconds + 15)
        self._used += processorSeconds(link.carriers) - before
        self._bits += seen.octets * 8
        self._noteStall(seen, figure)
        return seen

    def _noteStall(self, seen: Flow, figure: Figure) -> None:
        if seen.pause > STALL:
            self._turn.stalls[figure.name] = seen.pause

    def _small(self, link: Link) -> None:
        self._turn.figures[figures.SMALL.name] = self._flood(link, 64)

    def _large(self, link: Link) -> None:
        self._turn.figures[figures.LARGE.name] = self._flood(link, 1200) * 1200 * 8 / 1e6

    def _flood(self, link: Link, size: int) -> float:
        port = self._nextPort()
        sink = self._arena.two.start(f"packets-{port}", *_PACKETS, "receive", port, str(self.seconds))
        try:
            wait(sink.tail, START_PATIENCE, "the receiver of packets")
            # A little longer than what is counted, so that the end is full speed too.
            self._arena.one.run(*_PACKETS, "send", link.far, port, str(size), str(self.seconds + 0.3))
            wait(lambda: not sink.isRunning, 3, "the end of the packets: they did not arrive")
            return packetRate(sink.tail())
        finally:
            sink.kill()

    def _loaded(self, link: Link) -> None:
        with self._streaming(link, self.seconds + 1) as stream:
            time.sleep(0.5)  # until the stream has its speed
            times = self._echoes(link, 0.02, 50 * self.seconds)
            seen = self._ended(stream, self.seconds + 15)
        self._noteStall(seen, figures.ECHO_LOADED)
        self._turn.figures[figures.ECHO_LOADED.name] = percentile(times, 99)

    def _echoes(self, link: Link, interval: float, count: int) -> list[float]:
        limits = ("-i", str(interval), "-c", str(count), "-w", str(self.seconds + 5))
        return echoes(self._arena.one.run("ping", "-n", *limits, link.far))

    @contextmanager
    def _streaming(self, link: Link, seconds: int, *options: str) -> Iterator[Daemon]:
        # Each stream has a server of its own: one that has just ended, or failed, may refuse the next.
        port = self._nextPort()
        sink = self._arena.two.start(f"sink-{port}", "iperf3", "-s", "-1", "-p", port)
        wait(lambda: f":{port} " in self._arena.two.run("ss", "-Hltn"), START_PATIENCE, "the port of iperf3")
        limits = ("--connect-timeout", "5000", "-t", str(seconds), "-i", "0.5", "-C", self.congestion)
        client = ("iperf3", "-c", link.far, "-p", port, "--json", *limits, *options)
        stream = self._arena.one.start(f"stream-{port}", *client)
        try:
            yield stream
        finally:
            stream.kill()
            sink.kill()

    def _ended(self, stream: Daemon, patience: float) -> Flow:
        wait(lambda: not stream.isRunning, patience, "the end of a TCP stream")
        return flow(stream.log.read_text())

    def _nextPort(self) -> str:
        self._port += 1
        return str(self._port)


def processorSeconds(daemons: Sequence[Daemon]) -> float:
    """
    The processor time that some programs have used, in seconds.

    @raise CommandFailed: if one of them has ended.
    """
    try:
        stats = [Path(f"/proc/{each.process.pid}/stat").read_text() for each in daemons]
    except OSError as error:
        raise CommandFailed("a program of the contender has ended") from error
    return sum(map(processorTicks, stats)) / _TICKS
