"""
Tests for L{wand.underlay.names}.
"""

from __future__ import annotations

from twisted.internet.address import HostnameAddress, IPv4Address, IPv6Address
from twisted.internet.error import DNSLookupError
from twisted.internet.interfaces import IResolutionReceiver
from twisted.internet.task import Clock
from twisted.internet.testing import MemoryReactorClock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from wand.underlay.names import IPV4, _Resolution, resolverOf


class NamesTests(SynchronousTestCase):
    """
    L{resolverOf}.
    """

    def test_aNameHasTheAddressesThatTheReactorFinds(self) -> None:
        """
        The reactor's own resolver is asked; of which families is said.
        """
        for resolve in (resolverOf(MemoryReactorClock()), resolverOf(MemoryReactorClock(), IPV4)):
            self.assertEqual(self.successResultOf(resolve("wand.example.net")), ["127.0.0.1"])

    def test_aNameThatCanHaveNone(self) -> None:
        """
        What can be no name fails at once, where the reactor's resolver would never answer.
        """
        self.failureResultOf(resolverOf(MemoryReactorClock())("a..example"), DNSLookupError)

    def test_aClockResolvesNothing(self) -> None:
        """
        In simulated time names have no addresses.
        """
        self.assertEqual(self.successResultOf(resolverOf(Clock())("wand.example.net")), [])

    def test_everyAddressIsTaken(self) -> None:
        """
        A resolution has every address, of either family, in the order in which they were found.
        """
        resolution = _Resolution()
        verifyObject(IResolutionReceiver, resolution)
        resolution.addressResolved(IPv6Address("UDP", "2001:db8::1", 0))
        resolution.addressResolved(HostnameAddress(b"elsewhere", 0))
        resolution.addressResolved(IPv4Address("UDP", "192.0.2.1", 0))
        resolution.resolutionComplete()
        self.assertEqual(self.successResultOf(resolution.found), ["2001:db8::1", "192.0.2.1"])
