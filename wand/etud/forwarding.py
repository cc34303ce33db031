"""
Etud, "Ethernet over UDP": frames from the tap to the peers by their destination, and from the peers to the tap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wand.counters import Counters
from wand.etud.bridging import Bridging
from wand.etud.from_host import FromHost
from wand.etud.from_peers import FromPeers
from wand.etud.group_spreading import GroupSpreading
from wand.etud.waiting_frames import WaitingFrames
from wand.health.failures import Failures
from wand.interfaces import IFrameWatcher, ITap, ITransport
from wand.table import Table

if TYPE_CHECKING:
    from wand.etud.overhearing import Hearer


class Etud:
    """
    The data plane of one node: a tap, a transport, and the table between them.

    @ivar fromHost: takes frames from the tap.
    @ivar fromPeers: takes frames from the transport.
    """

    def __init__(
        self,
        tap: ITap,
        transport: ITransport,
        table: Table,
        counters: Counters,
        lost: Callable[[str], object],
        failures: Failures,
        bridging: Bridging | None = None,
        waiting: WaitingFrames | None = None,
        *,
        linkLocal: bool = False,
        spreading: GroupSpreading | None = None,
    ) -> None:
        """
        @param lost: called with the reason when the tap is gone.
        @param failures: what counts and logs a tap or a transport that raises.
        @param bridging: what is done about LANs behind taps, in a network that knows who may have one.
        @param waiting: holds frames while their destination is looked for, in a network with members.
        @param linkLocal: do control frames of a link (01:80:C2:00:00:00 to 0F), which no bridge forwards, cross?
        @param spreading: sends frames to groups in a network that may be too large to send them to each peer.
        """
        self._tap = tap
        self._transport = transport
        self.fromHost = FromHost(
            tap,
            transport,
            table,
            counters,
            lost,
            failures,
            bridging,
            waiting,
            linkLocal=linkLocal,
            spreading=spreading,
        )
        self.fromPeers = FromPeers(tap, table, counters, failures, bridging, linkLocal=linkLocal, spreading=spreading)
        self._spreading = spreading
        table.observe(transport)

    @property
    def watchers(self) -> Sequence[IFrameWatcher]:
        """
        The frame services at work, each asked about every frame to a group, and inspectors about every frame that
        arrives.
        """
        return self.fromHost.watchers

    @watchers.setter
    def watchers(self, watchers: Sequence[IFrameWatcher]) -> None:
        self.fromHost.watchers = tuple(watchers)
        self.fromPeers.watch(watchers)

    def follow(self) -> None:
        """
        The tap has another address or another MTU than before: go by these from now on.
        """
        self.fromHost.follow(self._tap)
        self.fromPeers.follow(self._tap)

    def overhear(self, hearer: Hearer) -> Callable[[], None]:
        """
        Tell somebody of every frame that goes to peers and of every frame of theirs that the host gets.

        @return: ends it; until then nobody else can.
        """
        from wand.etud.overhearing import OverheardSpreading, OverheardTap, OverheardTransport  # for captures only

        before = self.fromHost.passage, self.fromPeers.passage
        transport, tap = OverheardTransport(self._transport, hearer), OverheardTap(self._tap, hearer)
        spreading = None if self._spreading is None else OverheardSpreading(self._spreading, hearer)
        self.fromHost.sendThrough(transport, transport.sendSuperframe, spreading)
        self.fromPeers.writeTo(tap, tap.writeStretch)
        self.fromPeers.watch([*self.watchers, tap])

        def end() -> None:
            self.fromHost.sendThrough(*before[0])
            self.fromPeers.writeTo(*before[1])
            self.fromPeers.watch(self.watchers)

        return end

    def start(self) -> None:
        """
        Let frames flow both ways.
        """
        self._transport.start(self.fromPeers)
        self._tap.start(self.fromHost)
