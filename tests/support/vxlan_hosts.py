"""
Hosts with VXLAN, joined by a network and by an underlay that a test can cut.
"""

from __future__ import annotations

import attrs
from twisted.internet.task import Clock

from wand.drivers.vxlan_messages import Place
from wand.drivers.vxlan_offload import Offload
from wand.ethernet import MAC
from wand.interfaces import Context
from wand.testing.frames import makeContext


class RecordedForwarding:
    """
    A L{wand.drivers.vxlan_offload.Forwarding} that keeps what it is told.

    @ivar places: where the kernel sends.
    @ivar writes: how often it was told something.
    """

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.writes = 0

    def put(self, mac: MAC, place: Place) -> None:
        self.writes += 1
        self.places[str(mac)] = place

    def remove(self, mac: MAC) -> None:
        self.writes += 1
        self.places.pop(str(mac), None)


class Host:
    """
    One of them.  It provides L{wand.drivers.vxlan_offload.Paths}.

    @ivar place: where it is; C{None} while it does not know.
    @ivar hasVXLAN: are messages for it taken, or is it a host like any other?
    @ivar questions: the messages that went through the network to it, and directly.
    """

    mtu = 1280

    def __init__(self, meadow: Meadow, number: int, most: int = 16) -> None:
        self._meadow = meadow
        self.mac = MAC(bytes([2, 0, 0, 0, 0, number]))
        self.place: Place | None = Place(f"192.0.2.{number}", 4789, 77)
        self.hasVXLAN = True
        self.arrived: list[bytes] = []
        self.came: list[bytes] = []
        self.context: Context = attrs.evolve(makeContext(), clock=meadow.clock)
        self.events: list[tuple[str, dict[str, object]]] = []
        self.context.events.subscribe(lambda event: self.events.append((event.kind, event.fields)))
        self.forwarding = RecordedForwarding()
        self.offload = Offload(self.context, self.forwarding, self, most)

    def sends(self, receiver: MAC) -> None:
        """
        The host sends a frame through its node.
        """
        self.offload.noticed(bytes(receiver) + bytes(self.mac) + b"\x08\x00" + bytes(46))

    def throughNetwork(self, frame: bytes) -> None:
        owner = self._meadow.owners.get(bytes(frame[:6]))
        if owner is not None:
            owner.arrived.append(frame)
            if owner.hasVXLAN:
                owner.offload.arrived(frame)

    def directly(self, frame: bytes, place: Place) -> None:
        for host in self._meadow.hosts:
            if host.place == place and place.host not in self._meadow.closed and host.hasVXLAN:
                host.came.append(frame)
                host.offload.arrived(frame, isDirect=True)

    def ownPlace(self, towards: str | None) -> Place | None:
        return self.place


class Meadow:
    """
    Some hosts.

    @ivar hosts: all of them.
    @ivar owners: to whom the network brings frames for an address.
    @ivar closed: addresses that no VXLAN reaches.
    """

    def __init__(self, count: int, most: int = 16) -> None:
        self.clock = Clock()
        self.closed: set[str] = set()
        self.hosts = [Host(self, number, most) for number in range(1, count + 1)]
        self.owners: dict[bytes, Host] = {bytes(host.mac): host for host in self.hosts}

    def pass_(self, seconds: float) -> None:
        """
        Let time pass, evenly.
        """
        for _ in range(round(seconds)):
            self.clock.advance(1.0)
