"""
mDNS between a LAN and the members: real services of the library C{zeroconf} on both sides, and two
reflectors on one LAN.
"""

from __future__ import annotations

import sys
from typing import Final

import pytest

from wand.lab import Host, Lab, wait
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import topology

SETTINGS: Final = """
frame-services = ["guard", "mdns"]
frame-service-settings = { mdns = { interface = "lan0" } }
"""

#: Offers a service until it is killed.
_OFFER: Final = """
import socket, sys, threading
from zeroconf import ServiceInfo, Zeroconf
name, address = sys.argv[1:]
kind = "_ipp._tcp.local."
info = ServiceInfo(kind, f"{name}.{kind}", 631, addresses=[socket.inet_aton(address)], server=f"{name}.local.")
Zeroconf(interfaces=[address]).register_service(info)
print("ready", flush=True)
threading.Event().wait()
"""

#: Tells of the services that there are.
_BROWSE: Final = """
import sys, threading
from zeroconf import ServiceBrowser, Zeroconf
class Told:
    def add_service(self, zeroconf, kind, name):
        info = zeroconf.get_service_info(kind, name)
        print("found", name.partition(".")[0], *(info.parsed_addresses() if info else ()), flush=True)
    remove_service = update_service = lambda *_: None
zeroconf = Zeroconf(interfaces=[sys.argv[1]])
browser = ServiceBrowser(zeroconf, "_ipp._tcp.local.", Told())
threading.Event().wait()
"""

#: Sends packets that are all different.
_SEND: Final = """
import socket, sys
address, first, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
    udp.bind((address, 5353))
    for number in range(first, first + count):
        udp.sendto(number.to_bytes(12, "big"), ("224.0.0.251", 5353))
"""


class Office:
    """
    Two members whose reflectors are on one LAN, on which there is a printer; a third member is elsewhere.
    """

    def __init__(self, lab: Lab, loop: Loop) -> None:
        self.network = network = Deployment(lab, topology(count=3), loop)
        self.one, self.two, self.away = network.topology.nodes
        self.lan = lab.bare("lan")
        self.lan.run("ip", "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        self.lan.run("ip", "link", "set", "br0", "up")
        self.printer = lab.bare("printer")
        for number, host in enumerate((*(network.hosts[each.name] for each in (self.one, self.two)), self.printer), 1):
            self._plug(host, f"192.168.7.{number}")
        for node in (self.one, self.two):
            file = network.files.configuration(node)
            file.write_text(SETTINGS + file.read_text())
        network.startAll()
        self.addresses = {node.name: network.admit(node).address.partition("/")[0] for node in network.topology.nodes}
        network.awaitTables()

    def _plug(self, host: Host, address: str) -> None:
        cable = ("type", "veth", "peer", "name", "lan0", "netns", host.namespace)
        self.lan.run("ip", "link", "add", host.name, *cable)
        self.lan.run("ip", "link", "set", host.name, "master", "br0", "up")
        host.run("ip", "address", "add", f"{address}/24", "dev", "lan0")
        host.run("ip", "link", "set", "lan0", "up")

    @property
    def member(self) -> Host:
        """
        The host of the member that is elsewhere.
        """
        return self.network.hosts[self.away.name]

    def counts(self, name: str) -> list[int]:
        """
        A counter of both reflectors.
        """
        return [self.network.counters(node)[name] for node in (self.one, self.two)]

    def send(self, host: Host, address: str, first: int, count: int) -> None:
        """
        Let a host send packets.
        """
        host.run(sys.executable, "-c", _SEND, address, str(first), str(count))


@pytest.fixture(scope="module")
def office(lab: Lab, loop: Loop) -> Office:
    """
    The members know each other.
    """
    return Office(lab, loop)


def test_twoReflectorsDoNotStorm(office: Office) -> None:
    """
    Each passes every packet on once, and what the other one sent not at all: so in the end there are two copies.
    """
    away = office.addresses[office.away.name]
    office.send(office.printer, "192.168.7.3", 0, 10)
    office.send(office.member, away, 100, 10)
    _awaitCounts(office, "mdns-to-members", [10, 10])
    _awaitCounts(office, "mdns-to-lan", [10, 10])
    # Of each packet of the printer the other's copy on the overlay; of each of the member that on the LAN.
    _awaitCounts(office, "mdns-reflected-before", [20, 20])
    office.send(office.printer, "192.168.7.3", 200, 1)
    _awaitCounts(office, "mdns-reflected-before", [21, 21])
    assert (office.counts("mdns-to-members"), office.counts("mdns-to-lan")) == ([11, 11], [10, 10])


@pytest.mark.parametrize("isAway", [True, False], ids=["member", "printer"])
def test_servicesAreFound(office: Office, isAway: bool) -> None:
    """
    A member finds what the LAN offers, and a host of the LAN what a member offers, each with its own address.
    """
    places = [(office.member, office.addresses[office.away.name]), (office.printer, "192.168.7.3")]
    (host, address), (other, otherAddress) = places if isAway else places[::-1]
    name = "laser" if isAway else "inkjet"
    offer = other.start(f"offer-{name}", sys.executable, "-c", _OFFER, name, otherAddress)
    wait(lambda: "ready" in offer.tail(), 20, "the offer")
    browse = host.start(f"browse-{name}", sys.executable, "-c", _BROWSE, address)
    wait(lambda: f"found {name} {otherAddress}" in browse.tail(), 20, "the service")
    for each in (browse, offer):
        each.kill()


def _awaitCounts(office: Office, name: str, expected: list[int]) -> None:
    wait(lambda: office.counts(name) == expected, 10, f"{name} {expected}")
