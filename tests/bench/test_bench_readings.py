"""
Tests for L{bench.readings}.
"""

from __future__ import annotations

import contextlib
import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from bench.readings import (
    Flow,
    MachineTicks,
    ReadingInvalid,
    echoes,
    flow,
    longestPause,
    machineTicks,
    packetRate,
    processorTicks,
)

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["end", "sum", "bytes", "intervals"]), inner),
    max_leaves=10,
)


def document(*octets: int) -> str:
    """
    What iperf3 says of a stream with so many octets in each half second.
    """
    intervals = [{"sum": {"bytes": each, "seconds": 0.5}} for each in octets]
    received = {"bits_per_second": 8e6, "bytes": sum(octets)}
    return json.dumps({"intervals": intervals, "end": {"sum_received": received, "sender_tcp_congestion": "cubic"}})


class FlowTests(SynchronousTestCase):
    def test_whatWasReceivedCounts(self) -> None:
        """
        Of a TCP stream we learn the rate, the octets and the congestion control.
        """
        self.assertEqual(flow(document(5, 7)), Flow(rate=8e6, octets=12, pause=0.0, congestion="cubic"))

    def test_pauseIsTheLongestOne(self) -> None:
        """
        A stream that stood still twice had a pause as long as the longer one.
        """
        self.assertEqual(flow(document(9, 0, 9, 0, 0, 0, 9)).pause, 1.5)

    def test_errorOfTheProgramIsTold(self) -> None:
        """
        If iperf3 could not do it, its reason is in the error.
        """
        with self.assertRaisesRegex(ReadingInvalid, "no route"):
            flow('{"error": "no route to host"}')

    @given(_ANYTHING.map(json.dumps) | st.text())
    def test_anythingElseIsAnError(self, text: str) -> None:
        """
        Whatever the program says, it is read or it is an error of ours.
        """
        with contextlib.suppress(ReadingInvalid):
            flow(text)

    def test_noIntervalsAreNoPause(self) -> None:
        """
        Of nothing the pause is nothing.
        """
        self.assertEqual(longestPause([]), 0.0)


class PacketRateTests(SynchronousTestCase):
    def test_lastLineCounts(self) -> None:
        """
        The rate comes from the last line; the first only says that the receiver was ready.
        """
        self.assertEqual(packetRate("ready\n[300, 1.5]\n"), 200.0)

    @given(st.text() | _ANYTHING.map(json.dumps))
    def test_anythingElseIsAnError(self, text: str) -> None:
        """
        Whatever the receiver says, it is read or it is an error of ours.
        """
        with contextlib.suppress(ReadingInvalid):
            packetRate(text)

    def test_noTimeIsAnError(self) -> None:
        """
        Packets in no time have no rate.
        """
        self.assertRaises(ReadingInvalid, packetRate, "[1, 0.0]")


class EchoTests(SynchronousTestCase):
    def test_everyEchoIsRead(self) -> None:
        """
        The time of each echo is read from the line that ping writes for it.
        """
        lines = "64 bytes from 10.0.0.1: icmp_seq=1 ttl=64 time=0.045 ms\n64 bytes: icmp_seq=2 ttl=64 time=12 ms\n"
        self.assertEqual(echoes(lines), [0.045, 12.0])

    def test_noneIsAnError(self) -> None:
        """
        If no echo came back there is nothing to report.
        """
        self.assertRaises(ReadingInvalid, echoes, "3 packets transmitted, 0 received")


class ProcessorTests(SynchronousTestCase):
    def test_userAndKernelAreAdded(self) -> None:
        """
        The processor time is that in user mode and that in the kernel, whatever the program calls itself.
        """
        self.assertEqual(processorTicks("17 (a ) 1 (b) S 1 17 17 0 -1 4194304 100 0 0 0 250 31 0 0 20 0 1"), 281)

    def test_busyIdleAndStolenMakeTheWhole(self) -> None:
        """
        Of the whole machine we learn what it worked, what was stolen from it, and the sum with idleness; guests are
        counted once.
        """
        text = "cpu  10 1 20 300 5 2 3 7 10 1\ncpu0 5 0 10 150 2 1 1 3 5 0\n"
        self.assertEqual(machineTicks(text), MachineTicks(busy=36, stolen=7, total=348))
