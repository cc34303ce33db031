"""
Tests of L{wand.testing.nats}, by the requirements of RFC 4787.  Those that it has beyond these are about ports below
1,024 and parity, protocols within UDP, ICMP and fragments, none of which there are here (REQ-3a, 4, 10, 12 to 14).
"""

from __future__ import annotations

from simulated.conversing import ConversingTestCase, Speaker

from wand.endpoint import Endpoint
from wand.testing.filtering import Dependence
from wand.testing.nats import Nat
from wand.testing.sites import LIFETIME

EXTERNAL = "198.51.100.1"


class NatTestCase(ConversingTestCase):
    """
    A network with homes.
    """

    def home(self, **behaviour: object) -> Speaker:
        """
        Somebody behind a NAT.
        """
        self.nat = Nat(self.network, EXTERNAL, **behaviour)  # type: ignore[arg-type]  # a test's own keywords
        return Speaker(self.nat.host("192.168.1.2"))


class MappingTests(NatTestCase):
    """
    Section 4: which endpoint stands for a host.
    """

    def seenByAll(self, mapping: Dependence) -> list[Endpoint]:
        home = self.home(mapping=mapping)
        return [self.seen(home, each) for each in self.all]

    def test_REQ1_endpointIndependent(self) -> None:
        """
        A port has one mapping for all destinations.
        """
        first, second, third = self.seenByAll(Dependence.ENDPOINT_INDEPENDENT)
        self.assertEqual((first, second), (third, third))
        self.assertEqual(first.host, EXTERNAL)

    def test_REQ1_addressDependent(self) -> None:
        """
        A port has one mapping for all ports of a destination, and another for another destination.
        """
        first, second, third = self.seenByAll(Dependence.ADDRESS_DEPENDENT)
        self.assertEqual(first, second)
        self.assertNotEqual(first, third)

    def test_REQ1_addressAndPortDependent(self) -> None:
        """
        A port has a mapping for each destination, as behind a "symmetric" NAT.
        """
        self.assertEqual(len(set(self.seenByAll(Dependence.ADDRESS_AND_PORT_DEPENDENT))), 3)

    def test_REQ2_pairedPooling(self) -> None:
        """
        Of several external addresses a host has one, for all its ports and destinations; another host has another.
        """
        pool = Nat(self.network, EXTERNAL, "198.51.100.2", mapping=Dependence.ADDRESS_AND_PORT_DEPENDENT)
        one, two = pool.host("192.168.1.2"), pool.host("192.168.1.3")
        speakers = Speaker(one), Speaker(one, 2_000), Speaker(two)
        hosts = [{self.seen(speaker, by).host for by in self.all} for speaker in speakers]
        self.assertEqual(hosts, [{EXTERNAL}, {EXTERNAL}, {"198.51.100.2"}])

    def test_REQ3_portIsPreserved(self) -> None:
        """
        A host keeps its port outside if that is free.
        """
        self.assertEqual(self.seen(self.home(), self.public), Endpoint(EXTERNAL, 1_000))

    def test_REQ3_noOverloading(self) -> None:
        """
        Two hosts with one port have different ones outside, and each gets its own answers.
        """
        one = self.home()
        two = Speaker(self.nat.host("192.168.1.3"))
        first, second = self.seen(one, self.public), self.seen(two, self.public)
        self.assertNotEqual(first, second)
        self.assertTrue(self.hears(one, self.public, first))
        self.assertFalse(self.hears(one, self.public, second))
        self.assertTrue(self.hears(two, self.public, second))

    def test_REQ3_randomPorts(self) -> None:
        """
        Without preservation a host has another port outside.
        """
        self.assertNotEqual(self.seen(self.home(ports="random"), self.public).port, 1_000)

    def test_REQ5_mappingExpires(self) -> None:
        """
        A mapping lasts for some minutes, and a new one may have another port.
        """
        home = self.home(ports="random")
        seen = self.seen(home, self.public)
        self.clock.advance(LIFETIME - 1)
        self.assertTrue(self.hears(home, self.public, seen))
        self.clock.advance(2)
        self.assertFalse(self.hears(home, self.public, seen))
        self.assertIsNone(self.nat.externalOf(home.endpoint, self.public.endpoint))
        self.assertNotEqual(self.seen(home, self.public), seen)

    def test_REQ5_lifetimeIsChosen(self) -> None:
        """
        A NAT may be told to forget sooner, as many do.
        """
        home = self.home(lifetime=30.0)
        seen = self.seen(home, self.public)
        self.clock.advance(31)
        self.assertFalse(self.hears(home, self.public, seen))

    def test_REQ6_outboundRefreshes(self) -> None:
        """
        What goes out keeps a mapping; what comes in does not.
        """
        home = self.home()
        seen = self.seen(home, self.public)
        for _ in range(3):
            self.clock.advance(LIFETIME - 1)
            self.assertEqual(self.seen(home, self.public), seen)
        for _ in range(2):
            self.assertTrue(self.hears(home, self.public, seen))
            self.clock.advance(LIFETIME / 2)
        self.assertFalse(self.hears(home, self.public, seen))

    def test_REQ7_sameAddressesInsideAndOutside(self) -> None:
        """
        A NAT works between networks that use the same addresses.
        """
        outer = Nat(self.network, EXTERNAL)
        Speaker(outer.host("192.168.1.2"))
        inner = Speaker(Nat(outer, "192.168.1.3").host("192.168.1.2"))
        self.assertTrue(self.hears(inner, self.public, self.seen(inner, self.public)))

    def test_aPortThatExpiredIsFree(self) -> None:
        """
        The external port of a mapping that expired can be somebody else's.
        """
        self.seen(self.home(), self.public)
        self.clock.advance(LIFETIME + 1)
        other = Speaker(self.nat.host("192.168.1.3"))
        self.assertEqual(self.seen(other, self.public), Endpoint(EXTERNAL, 1_000))


class FilteringTests(NatTestCase):
    """
    Section 5: what comes in.
    """

    def heardFrom(self, filtering: Dependence) -> list[bool]:
        home = self.home(filtering=filtering)
        seen = self.seen(home, self.public)
        return [self.hears(home, each, seen) for each in self.all]

    def test_REQ8_endpointIndependent(self) -> None:
        """
        At its external endpoint a host hears everybody, as behind a "full cone" NAT.
        """
        self.assertEqual(self.heardFrom(Dependence.ENDPOINT_INDEPENDENT), [True, True, True])

    def test_REQ8_addressDependent(self) -> None:
        """
        A host hears those hosts to which it spoke.
        """
        self.assertEqual(self.heardFrom(Dependence.ADDRESS_DEPENDENT), [True, True, False])

    def test_REQ8_addressAndPortDependent(self) -> None:
        """
        A host hears those endpoints to which it spoke.
        """
        self.assertEqual(self.heardFrom(Dependence.ADDRESS_AND_PORT_DEPENDENT), [True, False, False])

    def test_aPermissionExpires(self) -> None:
        """
        Somebody to whom a host spoke long ago is not heard, though the mapping is kept by what goes to others.
        """
        home = self.home()
        seen = self.seen(home, self.public)
        self.clock.advance(LIFETIME - 1)
        self.assertEqual(self.seen(home, self.otherHost), seen)
        self.clock.advance(2)
        self.assertFalse(self.hears(home, self.public, seen))
        self.assertTrue(self.hears(home, self.otherHost, seen))

    def test_nobodyIsHeardAtAnInnerEndpoint(self) -> None:
        """
        The addresses behind a NAT mean nothing outside.
        """
        home = self.home()
        self.seen(home, self.public)
        self.assertFalse(self.hears(home, self.public, home.endpoint))

    def test_IPv6IsNotTranslated(self) -> None:
        """
        IPv6 keeps its addresses, and is filtered as IPv4 is.
        """
        public = Speaker(self.network.host("2001:db8::1"))
        home = Speaker(Nat(self.network, EXTERNAL).host("192.168.1.2", "2001:db8::2"), address="2001:db8::2")
        self.assertFalse(self.hears(home, public, home.endpoint))
        self.assertEqual(self.seen(home, public), home.endpoint)
        self.assertTrue(self.hears(home, public, home.endpoint))


class HairpinTests(NatTestCase):
    """
    Section 6: hosts behind one NAT.
    """

    def neighbours(self, hairpin: bool, **behaviour: object) -> tuple[Speaker, Speaker, Endpoint]:
        """
        Two hosts behind one NAT, and where the second is seen, which spoke to the first.
        """
        one = self.home(hairpin=hairpin, **behaviour)
        two = Speaker(self.nat.host("192.168.1.3"))
        seen = self.seen(two, self.public)
        two.say("hello", self.seen(one, self.public))
        self.turn()
        return one, two, seen

    def test_REQ9_hairpinning(self) -> None:
        """
        Hosts reach each other at their external endpoints, through the filter.
        """
        one, two, seen = self.neighbours(hairpin=True)
        self.assertTrue(self.hears(two, one, seen))
        stranger = Speaker(self.nat.host("192.168.1.4"))
        self.assertFalse(self.hears(two, stranger, seen))

    def test_REQ9a_externalSource(self) -> None:
        """
        They are seen at their own external endpoints.
        """
        one, two, seen = self.neighbours(hairpin=True)
        self.assertTrue(self.hears(two, one, seen))
        self.assertEqual(two.heard, [("!", self.seen(one, self.public))])

    def test_withoutHairpinning(self) -> None:
        """
        Without it they do not, whatever the filter; nor does the datagram come back from outside.
        """
        one, two, seen = self.neighbours(hairpin=False, filtering=Dependence.ENDPOINT_INDEPENDENT)
        self.assertFalse(self.hears(two, one, seen))
        self.assertTrue(self.hears(two, self.public, seen))

    def test_withinTheSite(self) -> None:
        """
        At their inner endpoints they reach each other in any case.
        """
        one, two, _ = self.neighbours(hairpin=False)
        self.assertTrue(self.hears(two, one, two.endpoint))
        self.assertEqual(two.heard, [("!", one.endpoint)])


class CarrierGradeTests(NatTestCase):
    """
    NATs behind NATs.
    """

    def setUp(self) -> None:
        super().setUp()
        self.carrier = Nat(self.network, "203.0.113.1", hairpin=True)
        self.one = Speaker(Nat(self.carrier, "100.64.0.2").host("192.168.1.2"))
        self.two = Speaker(Nat(self.carrier, "100.64.0.3").host("192.168.1.2"))

    def test_isSeenAtTheOutermost(self) -> None:
        """
        Outside a host is seen at the carrier's address, and hears answers there.
        """
        seen = self.seen(self.one, self.public)
        self.assertEqual(seen.host, "203.0.113.1")
        self.assertTrue(self.hears(self.one, self.public, seen))
        self.assertFalse(self.hears(self.one, self.otherHost, seen))

    def test_homesReachEachOtherByHairpin(self) -> None:
        """
        Two homes of one carrier reach each other at their outermost endpoints, if the carrier's NAT hairpins.
        """
        one, two = self.seen(self.one, self.public), self.seen(self.two, self.public)
        self.one.say("hello", two)
        self.turn()
        self.assertTrue(self.hears(self.one, self.two, one))
        self.carrier.hairpin = False
        self.assertFalse(self.hears(self.one, self.two, one))


class RebootTests(NatTestCase):
    """
    A NAT that starts again.
    """

    def test_mappingsAreForgotten(self) -> None:
        """
        Nothing comes in until something goes out.
        """
        home = self.home()
        seen = self.seen(home, self.public)
        self.nat.reboot()
        self.assertFalse(self.hears(home, self.public, seen))
        self.assertTrue(self.hears(home, self.public, self.seen(home, self.public)))

    def test_anotherAddress(self) -> None:
        """
        It may have got another address; the one before is nobody's.
        """
        home = self.home()
        before = self.seen(home, self.public)
        self.nat.reboot("198.51.100.9")
        after = self.seen(home, self.public)
        self.assertEqual(after.host, "198.51.100.9")
        self.assertFalse(self.hears(home, self.public, before))
        self.assertTrue(self.hears(home, self.public, after))

    def test_REQ11_behaviourStays(self) -> None:
        """
        What a NAT does depends on nothing that came before.
        """
        for _ in range(3):
            home = self.home(ports="random")
            first = self.seen(home, self.public)
            self.assertEqual(self.seen(home, self.otherHost), first)
            self.assertFalse(self.hears(home, self.otherPort, first))
            self.nat.reboot()
