"""
Tests of L{wand.testing.sites}, and of hosts that roam.
"""

from __future__ import annotations

from simulated.conversing import ConversingTestCase, Speaker

from wand.errors import PortUnavailable
from wand.testing.filtering import Dependence
from wand.testing.nats import Nat
from wand.testing.sites import LIFETIME, Firewall, Link, Site


class LinkTests(ConversingTestCase):
    """
    A host behind a link.
    """

    def test_aSiteChangesNothing(self) -> None:
        """
        By itself a site changes nothing, however deep.
        """
        inner = Speaker(Site(Site(self.network)).host("192.0.2.9"))
        self.assertEqual(self.seen(inner, self.public), inner.endpoint)
        self.assertTrue(self.hears(inner, self.public, inner.endpoint))

    def test_delay(self) -> None:
        """
        A datagram takes the delay of each link that it passes, in either direction.
        """
        inner = Speaker(Link(self.network, delay=0.3).host("192.0.2.9"))
        other = Speaker(Link(self.network, delay=0.1).host("192.0.2.8"))
        for speaker, by in ((inner, other), (other, inner)):
            self.assertFalse(self.hears(speaker, by, speaker.endpoint))
            self.clock.pump([0.01] * 39)
            self.assertEqual(speaker.heard, [])
            self.clock.pump([0.01] * 3)
            self.assertEqual(len(speaker.heard), 1)

    def test_blackHole(self) -> None:
        """
        What is too long vanishes on the way, out and in, and the sender is not told.
        """
        inner = Speaker(Link(self.network, longest=1_300).host("192.0.2.9"))
        for sender, receiver in ((inner, self.public), (self.public, inner)):
            for size in (1_300, 1_301):
                self.assertTrue(sender.port.send(bytes(size), receiver.endpoint))
            self.turn()
            self.assertEqual([len(word) for word, _ in receiver.heard], [1_300])

    def test_blockedUDP(self) -> None:
        """
        Where UDP is blocked nothing comes or goes, and the host can be asked what is let out.
        """
        link = Link(self.network, blocked={"udp"})
        host = Firewall(link).host("192.0.2.9")
        inner = Speaker(host)
        inner.say("out", self.public.endpoint)
        self.assertFalse(self.hears(inner, self.public, inner.endpoint))
        self.assertEqual(self.public.heard, [])
        self.assertEqual((host.allows("udp"), host.allows("tcp")), (False, True))
        link.blocked = ()
        self.assertTrue(self.hears(inner, inner, inner.endpoint) and host.allows("udp"))
        self.assertEqual(self.seen(inner, self.public), inner.endpoint)

    def test_withinTheSite(self) -> None:
        """
        Hosts of one site reach each other whatever is before it.
        """
        link = Link(self.network, delay=1.0, blocked={"udp"})
        one, two = Speaker(link.host("192.0.2.8")), Speaker(link.host("192.0.2.9"))
        self.assertTrue(self.hears(two, one, two.endpoint))

    def test_whatTheNetworkDoes(self) -> None:
        """
        Loss, delay and the record of the network concern what passes between sites.
        """
        self.network.delay = 0.5
        inner = Speaker(Firewall(self.network).host("192.0.2.9"))
        inner.say("hello", self.public.endpoint)
        self.turn()
        self.assertEqual(self.public.heard, [])
        self.clock.pump([0.5, 0])
        self.assertEqual(self.public.heard, [("hello", inner.endpoint)])
        self.assertEqual([each.payload for each in self.network.sent], [b"hello"])

    def test_anAddressIsTakenOnce(self) -> None:
        """
        An endpoint that the outside sees is one host's, wherever that is; behind NATs there can be many.
        """
        first = Speaker(Link(self.network).host("192.0.2.9"))
        with self.assertRaises(PortUnavailable):
            Speaker(Firewall(self.network).host("192.0.2.9"))
        first.port.close()
        site = Firewall(self.network)
        Speaker(site.host("192.0.2.9"))
        with self.assertRaises(PortUnavailable):
            Speaker(site.host("192.0.2.9"))
        for number in (3, 4):
            Speaker(Nat(self.network, f"198.51.100.{number}").host("192.0.2.9"))

    def test_families(self) -> None:
        """
        IPv4 and IPv6 do not reach each other.  A host without IPv6 cannot bind it; one without IPv4 can, in vain.
        """
        site = Site(self.network)
        six = Speaker(site.host("2001:db8::9"))
        self.public.say("hello", six.endpoint)
        six.say("hello", self.public.endpoint)
        self.turn()
        self.assertEqual(self.public.heard, [])
        with self.assertRaises(PortUnavailable):
            site.host("192.0.2.9").bind("::", 1_000, six)
        mute = site.host("2001:db8::8").bind("0.0.0.0", 1_000, six)
        self.assertFalse(mute.send(b"hello", self.public.endpoint))


class FirewallTests(ConversingTestCase):
    """
    A host behind a stateful firewall.
    """

    def inner(self, filtering: Dependence = Dependence.ADDRESS_AND_PORT_DEPENDENT) -> Speaker:
        self.firewall = Firewall(self.network, filtering=filtering)
        return Speaker(self.firewall.host("192.0.2.9"))

    def test_onlyAnswersComeIn(self) -> None:
        """
        It hears whom it spoke to, at its own address, and nobody else.
        """
        inner = self.inner()
        self.assertFalse(self.hears(inner, self.public, inner.endpoint))
        self.assertEqual(self.seen(inner, self.public), inner.endpoint)
        heard = [self.hears(inner, each, inner.endpoint) for each in self.all]
        self.assertEqual(heard, [True, False, False])

    def test_lessStrict(self) -> None:
        """
        It may look at the address alone.
        """
        inner = self.inner(Dependence.ADDRESS_DEPENDENT)
        self.seen(inner, self.public)
        heard = [self.hears(inner, each, inner.endpoint) for each in self.all]
        self.assertEqual(heard, [True, True, False])

    def test_eachPortForItself(self) -> None:
        """
        What one port asked for is not let in to another.
        """
        inner = self.inner()
        other = Speaker(self.firewall.host("192.0.2.10"))
        self.seen(inner, self.public)
        self.assertFalse(self.hears(other, self.public, other.endpoint))

    def test_forgets(self) -> None:
        """
        It forgets after a time, and when it starts again.
        """
        inner = self.inner()
        self.seen(inner, self.public)
        self.clock.advance(LIFETIME + 1)
        self.assertFalse(self.hears(inner, self.public, inner.endpoint))
        self.seen(inner, self.public)
        self.firewall.reboot()
        self.assertFalse(self.hears(inner, self.public, inner.endpoint))


class RoamingTests(ConversingTestCase):
    """
    Hosts that go elsewhere.
    """

    def test_anotherAddress(self) -> None:
        """
        A host may get another address: its port is heard from there, and no longer at the one before.
        """
        host = self.network.host("192.0.2.9")
        speaker = Speaker(host, address="0.0.0.0")
        before = self.seen(speaker, self.public)
        host.roam(self.network, "192.0.2.10")
        self.assertFalse(self.hears(speaker, self.public, before))
        after = self.seen(speaker, self.public)
        self.assertEqual(after.host, "192.0.2.10")
        self.assertTrue(self.hears(speaker, self.public, after))

    def test_anotherNAT(self) -> None:
        """
        A host may go from one NAT to another, or into the open, also with a port on one address.
        """
        homes = [Nat(self.network, f"198.51.100.{number}") for number in (1, 2)]
        host = homes[0].host("192.168.1.2")
        speaker, closed = Speaker(host), Speaker(host, 3_000)
        closed.port.close()
        before = self.seen(speaker, self.public)
        host.roam(homes[1], "192.168.7.7")
        self.assertFalse(self.hears(speaker, self.public, before))
        self.assertEqual(self.seen(speaker, self.public).host, "198.51.100.2")
        self.assertEqual(host.addresses, ("192.168.7.7",))
        Speaker(host, 3_000)
        host.roam(self.network, "192.0.2.9")
        self.assertEqual(self.seen(speaker, self.public).host, "192.0.2.9")

    def test_nowhere(self) -> None:
        """
        A host may be without any address for a while.
        """
        host = self.network.host("192.0.2.9")
        speaker = Speaker(host)
        before = speaker.endpoint
        host.roam(self.network)
        self.assertFalse(speaker.port.send(b"hello", self.public.endpoint))
        self.assertFalse(self.hears(speaker, self.public, before))
        host.roam(self.network, "192.0.2.9")
        self.assertEqual(self.seen(speaker, self.public), before)

    def test_closing(self) -> None:
        """
        Where a port closes after its host roamed, its endpoint is free.
        """
        host = self.network.host("192.0.2.9")
        speaker = Speaker(host)
        host.roam(Site(self.network), "192.0.2.10")
        speaker.port.close()
        Speaker(self.network.host("192.0.2.9"))
        Speaker(self.network.host("192.0.2.10"))
