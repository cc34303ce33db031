"""
The cost of forwarding, in microseconds of processor time at the node that is measured; what its peers need is not in
it.
"""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from random import Random
from time import thread_time_ns
from typing import Final

import attrs
from simulated.sealed import SealedNode

from bench.costs.document import Broadcast, Forwarding, Sample
from bench.costs.hub import OWN, SUPERFRAME_OCTETS, Hub, Loopback, superframe
from bench.rounds import inOrder
from wand.ethernet import BROADCAST, MAC

#: Frames, and superframes, of one wake-up; as many as the tap reads at most.
FRAMES: Final = 64
SUPERFRAMES: Final = 2

#: Wake-ups of one round.
WAKEUPS: Final = 16

#: What an IPv4 packet with 64 octets of UDP needs behind the Ethernet addresses.
_REST: Final = b"\x08\x00" + bytes(20 + 8 + 64)

#: Who a frame is for, or from.
Target = tuple[SealedNode, MAC]


@attrs.frozen
class Case:
    """
    A network and its traffic.

    @ivar active: with how many of the peers there is traffic.
    """

    hub: Hub
    active: int
    random: Random = attrs.field(factory=lambda: Random(1))
    samples: dict[str, list[float]] = attrs.field(factory=dict)

    def targets(self) -> Iterator[Target]:
        """
        The other ends of all frames to come: the peers in turn, and of a peer each time another of its addresses.
        """
        pairs = list(zip(self.hub.peers, self.hub.macs, strict=True))[: self.active]
        self.random.shuffle(pairs)
        for peer, macs in cycle(pairs):
            yield peer, self.random.choice(macs)

    def measure(self) -> None:
        """
        Add a round to the samples.
        """
        kinds: Sequence[tuple[str, int, Callable[[Sequence[Target]], int]]] = (
            ("frameOut", FRAMES, self._framesOut),
            ("frameIn", FRAMES, self._framesIn),
            ("superframeOut", SUPERFRAMES, self._superframesOut),
            ("superframeIn", SUPERFRAMES, self._superframesIn),
        )
        for name, count, wakeUp in kinds:
            targets = self.targets()
            spent = sum(wakeUp(list(islice(targets, count))) for _ in range(WAKEUPS))
            self.samples.setdefault(name, []).append(spent / 1000 / WAKEUPS / count)

    def _framesOut(self, targets: Sequence[Target]) -> int:
        frames = [memoryview(mac + OWN + _REST) for _, mac in targets]
        self.hub.settle()
        began = thread_time_ns()
        for frame in frames:
            self.hub.etud.fromHost.frameRead(frame)
        self.hub.etud.fromHost.batchRead()
        return thread_time_ns() - began

    def _superframesOut(self, targets: Sequence[Target]) -> int:
        superframes = [superframe(mac, OWN) for _, mac in targets]
        self.hub.settle()
        began = thread_time_ns()
        for frame, virtio in superframes:
            self.hub.etud.fromHost.superframeRead(frame, virtio)
        self.hub.etud.fromHost.batchRead()
        return thread_time_ns() - began

    def _framesIn(self, targets: Sequence[Target]) -> int:
        self.hub.settle()
        for peer, mac in targets:
            peer.transport.send(self.hub.node.peer, memoryview(OWN + mac + _REST))
        return self._arrived(targets, len(targets) * (12 + len(_REST)))

    def _superframesIn(self, targets: Sequence[Target]) -> int:
        self.hub.settle()
        for peer, mac in targets:
            peer.transport.sendSuperframe(self.hub.node.peer, *superframe(OWN, mac))
        return self._arrived(targets, len(targets) * SUPERFRAME_OCTETS)

    def _arrived(self, targets: Sequence[Target], octets: int) -> int:
        octets += self.hub.tap.octets
        for peer, _ in targets:
            peer.transport.flush()
        began = thread_time_ns()
        self.hub.receive(octets)
        return thread_time_ns() - began

    def forwarding(self) -> Forwarding:
        """
        The result.
        """
        samples = {name: _sample(values) for name, values in self.samples.items()}
        return Forwarding(len(self.hub.table), len(self.hub.peers), self.active, **samples)


def measureForwarding(
    network: Loopback, peers: Sequence[SealedNode], sizes: Sequence[int], tables: Sequence[int], rounds: int
) -> tuple[list[Forwarding], list[Broadcast]]:
    """
    Measure in interleaved rounds.

    @param peers: enough of them.
    @param sizes: numbers of peers, each with one entry; more than one.
    @param tables: numbers of entries of a single peer.
    """
    bySize = [Hub(network, peers[:count], count) for count in sizes]
    byTable = [Hub(network, peers[:1], count) for count in tables]
    cases = [Case(hub, 1) for hub in (*byTable, *bySize)]
    cases += [Case(hub, FRAMES) for hub in bySize if len(hub.peers) > FRAMES]
    cases += [Case(hub, len(hub.peers)) for hub in bySize]
    audiences = [byTable[0], *bySize]
    broadcasts: list[list[float]] = [[] for _ in audiences]
    # What is here now stays, and a real node does not have all these peers in its own memory.
    gc.collect()
    gc.freeze()
    cases[0].measure()  # once for nothing
    cases[0].samples.clear()
    for number in range(1, rounds + 1):
        for case in inOrder(cases, number):
            case.measure()
        for hub, samples in zip(audiences, broadcasts, strict=True):
            samples.append(_broadcast(hub))
    gc.unfreeze()
    found = [Broadcast(len(hub.peers), _sample(samples)) for hub, samples in zip(audiences, broadcasts, strict=True)]
    return [case.forwarding() for case in cases], found


def _broadcast(hub: Hub) -> float:
    """
    Microseconds a peer.
    """
    frame = memoryview(BROADCAST + OWN + _REST)
    spent = 0
    for _ in range(WAKEUPS):
        hub.settle()
        began = thread_time_ns()
        hub.etud.fromHost.frameRead(frame)
        hub.etud.fromHost.batchRead()
        spent += thread_time_ns() - began
    return spent / 1000 / WAKEUPS / len(hub.peers)


def _sample(values: Sequence[float]) -> Sample:
    return Sample(statistics.median(values), min(values), max(values))
