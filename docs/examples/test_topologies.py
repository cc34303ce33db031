"""
A network with NATs and firewalls, in simulated time.
"""

from random import Random

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.testing.context import simulatedContext
from wand.testing.filtering import Dependence
from wand.testing.nats import Nat
from wand.testing.network import Network
from wand.testing.sites import Firewall, Link


# tests
class BehindNATsTests(SynchronousTestCase):
    """
    A server, which keeps what it hears, and members elsewhere.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.network = Network(self.clock, Random(1), delay=0.01)
        self.server = simulatedContext(self.clock, self.network, "192.0.2.1")
        self.heard: list[tuple[bytes, tuple[str, int]]] = []
        self.server.underlay.bind("0.0.0.0", 44444, self)

    def test_homeAndOffice(self) -> None:
        """
        A home behind a symmetric NAT, one behind a carrier's NAT and its own, and an office behind a firewall at the
        end of a long line: the server sees each where it should.
        """
        carrier = Nat(self.network, "203.0.113.1", hairpin=True)
        for region, address in (
            (Nat(self.network, "198.51.100.1", mapping=Dependence.ADDRESS_AND_PORT_DEPENDENT), "192.168.1.2"),
            (Nat(carrier, "100.64.0.2"), "192.168.1.2"),
            (Firewall(Link(self.network, delay=0.2, longest=1400)), "192.0.2.77"),
        ):
            member = simulatedContext(self.clock, region, address)
            port = member.underlay.bind("0.0.0.0", 22222, self)
            port.send(b"hello", Endpoint("192.0.2.1", 44444))
        self.clock.pump([0.01] * 30)
        hosts = [host for _, (host, _) in self.heard]
        self.assertEqual(hosts, ["198.51.100.1", "203.0.113.1", "192.0.2.77"])

    def datagramReceived(self, datagram: memoryview, sender: tuple[str, int]) -> None:
        self.heard.append((bytes(datagram), sender))

    def batchReceived(self) -> None:
        pass


# end of tests
