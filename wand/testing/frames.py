"""
What the tests of taps need: frames, somebody who takes them, and a context in simulated time.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from random import Random
from threading import current_thread

import attrs
from twisted.internet.task import Clock
from zope.interface import implementer

from wand.ethernet import BROADCAST, MAC, Frame
from wand.interfaces import Context, IFrameReader
from wand.superframes.virtio import VirtioHeader
from wand.testing.context import simulatedContext
from wand.testing.descriptors import Descriptors
from wand.testing.kernel import EXPERIMENTAL, VLAN
from wand.testing.network import Network


@implementer(IFrameReader)
@attrs.define
class FrameRecorder:
    """
    Remembers what a tap hands over.

    @ivar batches: the frames between one C{batchRead} and the next; those of the last are not yet ended.
    @ivar superframes: what came with something left to do.
    @ivar lost: the reasons for which the tap was lost.
    @ivar strange: the types of what was handed over and is no frame.
    @ivar threads: the names of the threads in which frames were handed over.
    """

    batches: list[list[bytes]] = attrs.field(factory=lambda: [[]])
    superframes: list[tuple[bytes, VirtioHeader]] = attrs.field(factory=list)
    lost: list[str] = attrs.field(factory=list)
    strange: list[str] = attrs.field(factory=list)
    threads: set[str] = attrs.field(factory=set)

    @property
    def frames(self) -> list[bytes]:
        """
        All frames.
        """
        return [frame for batch in self.batches for frame in batch]

    def frameRead(self, frame: Frame) -> None:
        """
        See L{IFrameReader}.
        """
        self.threads.add(current_thread().name)
        if isinstance(frame, bytes | bytearray | memoryview):
            self.batches[-1].append(bytes(frame))
        else:
            self.strange.append(type(frame).__name__)

    def superframeRead(self, frame: memoryview, virtio: VirtioHeader) -> None:
        """
        See L{IFrameReader}.
        """
        self.superframes.append((bytes(frame), virtio))

    def batchRead(self) -> None:
        """
        See L{IFrameReader}.
        """
        self.batches.append([])

    def tapLost(self, reason: str) -> None:
        """
        See L{IFrameReader}.
        """
        self.lost.append(reason)


def makeContext() -> Context:
    """
    A context in simulated time, with an empty simulated network.  Its descriptors are L{Descriptors}.
    """
    clock = Clock()
    return simulatedContext(clock, Network(clock, Random(1)), "192.0.2.1", descriptors=Descriptors())


def makeFrame(size: int, number: int = 0) -> bytes:
    """
    A broadcast frame of an EtherType for experiments.

    @param size: its octets, header included; the payload begins with C{number} where it has room.
    """
    payload = struct.pack(">I", number) + bytes(range(256)) * (size // 256 + 1)
    return (BROADCAST + MAC.parse("02:00:00:00:00:aa") + struct.pack(">H", EXPERIMENTAL) + payload)[:size]


def makeTaggedFrame(size: int) -> bytes:
    """
    The same with an 802.1Q tag.
    """
    frame = makeFrame(size - 4)
    return frame[:12] + struct.pack(">HH", VLAN, 5) + frame[12:]


def difference(sent: Sequence[bytes], came: Sequence[bytes]) -> str:
    """
    What became of frames, for people.
    """
    sizes = f"frames of {[len(each) for each in sent]} octets came as {[len(each) for each in came]}"
    changed = [len(each) for each in came if each not in sent]
    return f"{sizes}, changed: those of {changed}" if changed else sizes
