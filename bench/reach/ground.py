"""
The ground on which the ends stand: their hosts and routers, and what happens to these.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from bench.reach.ends import CARRIER, FIREWALL, GATEWAY, PUBLIC, End
from wand.lab import Lab
from wand.lab.internet import IPV4, Internet
from wand.lab.router_rules import CONE
from wand.lab.routers import Router, guard


class Ground:
    """
    The Internet, and the routers and hosts of the ends.

    @ivar internet: what the sites hang on.
    @ivar routers: by their names.
    """

    def __init__(self, lab: Lab, *, trains: bool = False) -> None:
        """
        @param trains: see L{Internet}.
        """
        self.internet = Internet(lab, trains=trains)
        self.routers: dict[str, Router] = {}
        self._lab = lab
        self._moves = 0

    def build(self, end: End) -> None:
        """
        Make the host of an end, and the routers in front of it.
        """
        host = self._router(end.name, CONE).host if end.kind == GATEWAY else self._lab.bare(end.name)
        # Nothing that the host's own IPv6 says may open a way for it.
        host.run("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")
        if end.kind == GATEWAY:
            return
        if end.kind in (PUBLIC, FIREWALL):
            self.internet.connect(host, end.versions)
            if end.kind == FIREWALL:
                guard(host)
        elif end.kind == CARRIER:
            self._home(end).plug(host)
        else:
            self._router(end.router, end.kind, hairpin=end.hairpin, versions=end.versions).plug(host)
        if end.forgetAfter:
            self.routers[end.outermost].forgetAfter(end.forgetAfter)
        if end.hole:
            self.internet.hole(self._lab.hosts[end.outermost], end.hole, inward=end.isHoleInward)

    def _router(self, name: str, kind: str, *, hairpin: bool = False, versions: Sequence[str] = (IPV4,)) -> Router:
        if name not in self.routers:
            self.routers[name] = Router(self._lab, name, self.internet, kind, hairpin=hairpin)
            self.routers[name].onInternet(versions)
        return self.routers[name]

    def _home(self, end: End) -> Router:
        carrier = self.routers.get(end.outermost)
        if carrier is None:
            carrier = self.routers[end.outermost] = Router(
                self._lab, end.outermost, self.internet, CONE, hairpin=end.hairpin
            )
            carrier.asCarrier()
        home = self.routers[end.router] = Router(self._lab, end.router, self.internet, CONE)
        home.behind(carrier)
        return home

    # What happens to ends; see L{bench.reach.changes}.

    def renumber(self, *ends: End) -> None:
        """
        Give public ends other addresses.
        """
        for end in ends:
            self.internet.renumber(self._lab.hosts[end.outermost])

    def move(self, *ends: End, kind: str = "") -> Iterator[None]:
        """
        Move ends into LANs of their own, each behind a new NAT.

        @param kind: of the NATs; by default each has the kind that the one before had.
        """
        news = []
        for end in ends:
            self._moves += 1
            news.append(self._router(f"moved-{self._moves}", kind or end.kind))
            yield
        for end, new in zip(ends, news, strict=True):
            new.adopt(self._lab.hosts[end.name], self.routers.get(end.router))
            self.routers[end.router] = new

    def restartRouter(self, *ends: End, port: int | None = None, seconds: float = 0.5) -> Iterator[None]:
        """
        Restart the routers of some ends.

        @param port: which port every UDP mapping has afterwards; else as before.
        @param seconds: how long that takes.
        """
        routers = [self.routers[end.outermost] for end in ends]
        for router in routers:
            if port is not None:
                router.remap(port)
            router.fail()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            yield
        for router in routers:
            router.restore()

    def dig(self, end: End, size: int) -> None:
        """
        From now on, IP packets of an end that have more than C{size} octets vanish.
        """
        self.internet.hole(self._lab.hosts[end.outermost], size)

    def cut(self, end: End, isCut: bool) -> None:
        """
        Let nothing through between an end and the Internet, or everything again.
        """
        self.internet.cut(self._lab.hosts[end.outermost], isCut)

    def block(self, end: End, isBlocked: bool) -> None:
        """
        Let no UDP through between an end and the Internet, or let it through again.
        """
        self.internet.block(self._lab.hosts[end.outermost], isBlocked)

    def forbid(self, one: End, two: End, forbidden: bool = True) -> None:
        """
        Drop UDP between two ends, or no longer.
        """
        hosts = self._lab.hosts
        self.internet.forbid(hosts[one.outermost], hosts[two.outermost], forbidden)

    def seclude(self, *ends: End) -> None:
        """
        Let no UDP through between some ends and the server.
        """
        for end in ends:
            self.internet.forbid(self._lab.hosts[end.outermost], self._lab.hosts["server"])
