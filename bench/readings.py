"""
What iperf3, ping and the kernel say, as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import attrs
import msgspec

from wand.errors import WandError

_TIME: Final = re.compile(r"time=([0-9.]+) ms")


class ReadingInvalid(WandError):
    """
    A program did not say what was expected.
    """


@attrs.frozen
class Flow:
    """
    What became of a TCP stream.

    @ivar rate: how many bits a second were received.
    @ivar octets: how many octets were received.
    @ivar pause: the longest time in seconds without any progress.
    @ivar congestion: the sender's congestion control.
    """

    rate: float
    octets: int
    pause: float
    congestion: str


def flow(text: str) -> Flow:
    """
    Read what iperf3 says of one TCP stream.

    @param text: the JSON document.
    @raise ReadingInvalid: if it is not one, or reports an error.
    """
    document = _document(text)
    try:
        received = document["end"]["sum_received"]
        steps = [(each["sum"]["bytes"], each["sum"]["seconds"]) for each in document["intervals"]]
        congestion = document["end"].get("sender_tcp_congestion", "unknown")
        return Flow(float(received["bits_per_second"]), int(received["bytes"]), longestPause(steps), congestion)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReadingInvalid(f"iperf3 does not say what became of a TCP stream: {error!r}") from error


def packetRate(text: str) -> float:
    """
    Read how much L{bench.packets} says that it received.

    @return: packets a second.
    @raise ReadingInvalid: if it does not say.
    """
    try:
        packets, seconds = msgspec.json.decode(text.strip().rpartition("\n")[2], type=tuple[int, float])
        return packets / seconds
    except (msgspec.MsgspecError, ZeroDivisionError) as error:
        raise ReadingInvalid(f"the receiver does not say how many packets came: {text!r}") from error


def _document(text: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise ReadingInvalid(f"iperf3 gave no JSON: {error}") from error
    if "error" in document:
        raise ReadingInvalid(f"iperf3: {document['error']}")
    return document


def longestPause(steps: Sequence[tuple[int, float]]) -> float:
    """
    The longest time without any progress.

    @param steps: octets and seconds of consecutive intervals.
    @return: seconds.
    """
    longest = pause = 0.0
    for octets, seconds in steps:
        pause = 0.0 if octets else pause + seconds
        longest = max(longest, pause)
    return longest


def echoes(text: str) -> list[float]:
    """
    Read the times of the echoes from the output of ping(8).

    @return: milliseconds.
    @raise ReadingInvalid: if there are none.
    """
    times = [float(each) for each in _TIME.findall(text)]
    if not times:
        raise ReadingInvalid("no echo came back")
    return times


def processorTicks(text: str) -> int:
    """
    Read the processor time, in user mode and in the kernel, from C{/proc/PID/stat} (proc(5), fields 14 and 15).

    @return: clock ticks.
    """
    fields = text.rpartition(")")[2].split()  # The second field is a name that may hold anything.
    return int(fields[11]) + int(fields[12])


@attrs.frozen
class MachineTicks:
    """
    What the processors of the machine did since it started, in clock ticks.

    @ivar busy: programs and the kernel.
    @ivar stolen: while a hypervisor gave the processors to others.
    @ivar total: everything, idleness included.
    """

    busy: int
    stolen: int
    total: int


def machineTicks(text: str) -> MachineTicks:
    """
    Read the first line of C{/proc/stat} (proc(5)).  What guests used is a part of the programs' time.
    """
    user, nice, system, idle, waiting, interrupts, soft, stolen = map(int, text.split(maxsplit=9)[1:9])
    busy = user + nice + system + interrupts + soft
    return MachineTicks(busy, stolen, busy + stolen + idle + waiting)
