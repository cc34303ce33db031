"""
What becomes of trains where the kernel or the network card refuses them.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from wand.underlay.offload import TRAIN_OCTETS, TrainSender, joinTrains

THERE = ("192.0.2.1", 22222)


class RefusingSocket:
    """
    A socket whose kernel refuses.
    """

    def __init__(self, option: int = 0, train: int = 0, room: int = 1_000) -> None:
        """
        @param option: the error number of setting an option.
        @param train: the error number of sending a train.
        @param room: datagrams that its queue holds.
        """
        self.option = option
        self.train = train
        self.room = room
        self.trains = 0
        self.sent: list[bytes] = []
        self.lengths: list[int] = []

    def setsockopt(self, *_: int) -> None:
        if self.option:
            raise OSError(self.option, os.strerror(self.option))

    def sendmsg(self, buffers: Sequence[bytes], *_: Any) -> None:
        self.trains += 1
        self.lengths.append(len(buffers[0]))
        raise OSError(self.train, os.strerror(self.train))

    def sendto(self, datagram: bytes, destination: tuple[str, int]) -> None:
        assert destination == THERE
        if len(self.sent) == self.room:
            raise BlockingIOError(errno.EAGAIN, "full")
        self.sent.append(datagram)


class RefusalTests(SynchronousTestCase):
    """
    Kernels that refuse.
    """

    def send(self, udp: RefusingSocket, times: int = 1) -> TrainSender:
        sender = TrainSender(udp)  # type: ignore[arg-type] # as much of a socket as is needed
        for _ in range(times):
            self.assertEqual(sender.send(memoryview(b"onetwo3"), 3, THERE), 3)
        self.assertEqual(udp.sent, [b"one", b"two", b"3"] * times)
        return sender

    def test_oldKernel(self) -> None:
        """
        A kernel without the option is never asked again, and the reason is known.
        """
        udp = RefusingSocket(option=errno.ENOPROTOOPT)
        self.assertEqual(self.send(udp, 2).refusal, "Protocol not available")
        self.assertEqual(udp.trains, 0)

    def test_cardThatCanNot(self) -> None:
        """
        A card that cannot cut trains is asked once.
        """
        udp = RefusingSocket(train=errno.EIO)
        self.assertEqual(self.send(udp, 3).refusal, "Input/output error")
        self.assertEqual(udp.trains, 1)

    def test_pathTooNarrow(self) -> None:
        """
        A train too long for the path goes one by one; the next one is tried again.
        """
        for number in (errno.EINVAL, errno.EMSGSIZE):
            udp = RefusingSocket(train=number)
            self.assertIsNone(self.send(udp, 3).refusal)
            self.assertEqual(udp.trains, 3)

    def test_full(self) -> None:
        """
        A full queue is not a refusal of trains.
        """
        sender = TrainSender(RefusingSocket(train=errno.EAGAIN))  # type: ignore[arg-type] # as above
        self.assertRaises(BlockingIOError, sender.send, memoryview(b"onetwo"), 3, THERE)
        self.assertIsNone(sender.refusal)

    def test_fullOnTheWay(self) -> None:
        """
        Where datagrams go one by one, those that went are counted; if none goes, the error is raised.
        """
        sender = TrainSender(RefusingSocket(option=errno.ENOPROTOOPT, room=2))  # type: ignore[arg-type] # as above
        self.assertEqual(sender.send(memoryview(b"onetwo3"), 3, THERE), 2)
        self.assertRaises(BlockingIOError, sender.send, memoryview(b"onetwo"), 3, THERE)

    def test_shortLastDatagram(self) -> None:
        """
        What fits is one train, also where there would be no room for a full datagram in the place of a short last one.
        """
        udp = RefusingSocket(train=errno.EAGAIN)
        sender = TrainSender(udp)  # type: ignore[arg-type] # as above
        full = 44 * 1460
        for last in (348, TRAIN_OCTETS - full, TRAIN_OCTETS - full + 1):
            self.assertRaises(BlockingIOError, sender.send, memoryview(bytes(full + last)), 1460, THERE)
        self.assertEqual(udp.lengths, [full + 348, TRAIN_OCTETS, full])

    def test_noGRO(self) -> None:
        """
        A kernel that joins no datagrams still receives.
        """
        refusal = joinTrains(RefusingSocket(option=errno.ENOPROTOOPT))  # type: ignore[arg-type] # as above
        self.assertEqual(refusal, "Protocol not available")
        self.assertIsNone(joinTrains(RefusingSocket()))  # type: ignore[arg-type] # as above
