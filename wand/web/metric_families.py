"""
A running program as metrics of Prometheus, by its conventions for names: U{https://prometheus.io/docs/practices/naming/}.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from wand.control.program import Program
from wand.counters import Counters
from wand.errors import NotSupported
from wand.event_kinds import EVENTS
from wand.events import Event
from wand.status import OwnStatus, PeerStatus, ProgramStatus

#: What the names of all metrics begin with.
NAMESPACE: Final = "wand"

#: How many peers are read at a time.
_PAGE: Final = 200

#: What each metric of a peer is called, and what it says.
_PEER_COUNTERS: Final[tuple[tuple[str, str, Callable[[PeerStatus], int]], ...]] = (
    ("peer_received_bytes", "Octets of frames that came from a peer", lambda peer: peer.bytesReceived),
    ("peer_sent_bytes", "Octets of frames that went to a peer", lambda peer: peer.bytesSent),
    ("peer_received_frames", "Frames that came from a peer", lambda peer: peer.framesReceived),
    ("peer_sent_frames", "Frames that went to a peer", lambda peer: peer.framesSent),
    ("peer_drops", "Frames and datagrams from a peer or to it that were dropped", lambda peer: peer.drops),
)


class ProgramMetrics(Collector):
    """
    Reads a program each time that it is asked.

    How many values there are depends on the program and not on who talks to it: reasons of drops and kinds of events
    are those that the code knows, and there are no more than C{peersMaximum} peers.
    """

    def __init__(self, program: Program, peersMaximum: int) -> None:
        """
        @param peersMaximum: of how many peers there are metrics of their own; 0 for none.
        """
        self._program = program
        self._peersMaximum = peersMaximum
        self._happened: Counter[str] = Counter()
        self._unsubscribe = program.events.subscribe(self._count)

    def stop(self) -> None:
        """
        Count events no more.
        """
        self._unsubscribe()

    def collect(self) -> Iterator[Metric]:
        """
        All metrics of the program.
        """
        status = self._program.status()
        yield from _ofProgram(status)
        if status.own is not None:
            yield from _ofMember(status.own)
        yield from ofCounters(self._program.counters)
        happened = ((kind, self._happened[kind]) for kind in EVENTS)
        yield _labelled(CounterMetricFamily, "events", "What happened, by its kind", "kind", happened)
        if self._peersMaximum:
            yield from self._ofPeers()

    def describe(self) -> list[Metric]:
        """
        Nothing, so that the program is not read before somebody asks.
        """
        return []

    def _count(self, event: Event) -> None:
        if event.kind in EVENTS:
            self._happened[event.kind] += 1

    def _ofPeers(self) -> Iterator[Metric]:
        peers = list(islice(self._peers(), self._peersMaximum + 1))
        yield GaugeMetricFamily(
            f"{NAMESPACE}_peers_left_out",
            "1 if there are peers without metrics of their own: metrics-peers says how many may have some",
            int(len(peers) > self._peersMaximum),
        )
        shown = peers[: self._peersMaximum]
        for name, about, read in _PEER_COUNTERS:
            yield _labelled(CounterMetricFamily, name, about, "peer", ((each.peer, read(each)) for each in shown))
        yield _labelled(
            GaugeMetricFamily,
            "peer_round_trip_seconds",
            "How long it takes to a peer and back",
            "peer",
            ((each.peer, each.roundTrip) for each in shown if each.roundTrip is not None),
        )
        ways = GaugeMetricFamily(f"{NAMESPACE}_peer_way", "The way in use to a peer", labels=["peer", "way"])
        for each in shown:
            if each.way:
                ways.add_metric([each.peer, each.way], 1)
        yield ways

    def _peers(self) -> Iterator[PeerStatus]:
        after: str | None = None
        try:
            while page := self._program.peers(after, _PAGE):
                yield from page
                after = page[-1].peer
        except NotSupported:
            return  # A program without peers.


def ofCounters(counters: Counters) -> Iterator[Metric]:
    """
    The counters of a program: one metric for all drops, by their reason, and one for each of the others.
    """
    drops = ((name.removeprefix("drop-"), count) for name, count in counters.items() if name.startswith("drop-"))
    yield _labelled(CounterMetricFamily, "drops", "Frames and datagrams that were dropped", "reason", drops)
    for name, count in counters.items():
        if not name.startswith("drop-"):
            metric = name.replace("-", "_").replace("octets", "bytes")
            yield CounterMetricFamily(f"{NAMESPACE}_{metric}", counters.descriptions[name], count)


def _ofProgram(status: ProgramStatus) -> Iterator[Metric]:
    told = {"version": status.version, "role": status.role, "protocol": status.protocol}
    yield InfoMetricFamily(f"{NAMESPACE}_program", "What runs", told)
    yield _gauge("start_time_seconds", "When the program started, since the epoch", status.started)
    yield _gauge("entries", "Addresses in the table, or in the registry of a server", status.entries)
    yield _gauge("peers", "Peers in the table", status.peers)
    notes = {"attention": status.attention, "hint": len(status.notes) - status.attention}
    yield _labelled(GaugeMetricFamily, "notes", "What wand status says a person should know", "kind", notes.items())
    asked = [each for each in status.directories if each.state != "fixed"]
    yield _labelled(
        GaugeMetricFamily,
        "directory_up",
        "Does a directory answer?",
        "directory",
        ((each.name, int(each.state == "answered")) for each in asked),
    )
    if status.relay is not None:
        yield _gauge("relay_channels", "Pairs of members for which datagrams are passed on", status.relay.channels)


def _ofMember(own: OwnStatus) -> Iterator[Metric]:
    yield _gauge("member", "Is this node a member of its network?", int(own.stage == "member"))
    if own.expires is not None:
        yield _gauge("certificate_expiry_timestamp_seconds", "When its certificate expires", own.expires)
    yield _gauge("claim_conflicts", "What this node claims and another member has", len(own.conflicts))


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{NAMESPACE}_{name}", about, value)


def _labelled(
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily],
    name: str,
    about: str,
    label: str,
    values: Iterable[tuple[str, float]],
) -> Metric:
    family = kind(f"{NAMESPACE}_{name}", about, labels=[label])
    for each, value in values:
        family.add_metric([each], value)
    return family
