"""
The contract that every tap driver fulfils, as tests that a driver's author runs against it.
"""

from __future__ import annotations

from typing import Final

from wand.errors import TapUnavailable
from wand.ethernet import MAC
from wand.interfaces import ISuperframeTap, ITap, ITapDriver
from wand.testing import tap_rules as rules
from wand.testing.plugin_contract import PluginContract
from wand.testing.tap_ending import EndingTaps
from wand.testing.tap_meanwhile import TapsMeanwhile
from wand.testing.tap_passing import PassingFrames
from wand.testing.tap_reading import ReadingAndWriting

#: How the names of offloads begin.
_OFFLOADS: Final = ("TSO", "USO", "UFO", "GSO", "GRO", "LRO")


class TapDriverContract(PassingFrames, ReadingAndWriting, TapsMeanwhile, EndingTaps, PluginContract):
    """
    What every tap driver must do.  Mix it into a test case and say how to reach the host's side of the tap::

        class MyDriverTests(TapDriverContract, SynchronousTestCase):
            settings = {"path": "/run/mine"}

            def makeDriver(self):
                return MyDriver()

            def hostOpened(self, tap):
                self.host = connectToTheOtherSideOf(tap)
                self.addCleanup(self.host.close)

            def hostSend(self, frame):
                self.host.send(frame)

            def hostReceived(self):
                return self.host.receiveAll()

            def hostGone(self):
                self.host.close()

    Frames are small or of the sizes around the MTU, and have an EtherType for experiments, by which the test can tell
    them from what a real host sends by itself.  L{wand.testing.kernel} helps with interfaces of the kernel.
    """

    pluginInterface = ITapDriver
    openedInterface = ITap

    def test_tapReportsItself(self) -> None:
        """
        The tap has the MAC address and the MTU that were asked for, and a name.
        """
        tap = self.openTap()
        wanted, has = (self.request().mac, self.mtu), (tap.mac, tap.mtu)
        self.expect(wanted == has, rules.REPORTS, f"asked for {wanted}, it says {has}")
        types = f"{type(tap.mac).__name__} and {type(tap.mtu).__name__}"
        isTyped = isinstance(tap.mac, MAC) and type(tap.mtu) is int
        self.expect(isTyped, rules.REPORTS, f"mac and mtu are a {types}, not a MAC and an int")
        isName = isinstance(tap.interface, str) and bool(tap.interface)
        self.expect(isName, rules.REPORTS, f"the interface is {tap.interface!r}")

    def test_featuresAreTrue(self) -> None:
        """
        What the tap says that was agreed with the kernel is a list of words, and true.
        """
        tap = self.openTap()
        features = tap.features
        isList = isinstance(features, tuple | list) and all(isinstance(each, str) and each for each in features)
        self.expect(isList, rules.FEATURES, f"{features!r}")
        offloads = [each for each in features if each.upper().startswith(_OFFLOADS)]
        isTrue = not offloads or ISuperframeTap.providedBy(tap)
        self.expect(isTrue, rules.FEATURES_TRUE, f"it says {offloads}, and takes no superframes")

    def test_addAddress(self) -> None:
        """
        The host gets one more address, and another time no harm is done; or an error says what to do.
        """
        tap = self.openTap()
        if not self._adds(tap, "10.77.0.5/16"):
            return
        self.expect("10.77.0.5/16" in self.hostAddresses(), rules.ADDRESS_ADDED, self._addresses())
        with self.keeping(rules.ADDRESS_TWICE, "addAddress(), called again,"):
            tap.addAddress("10.77.0.5/16")
        if self._adds(tap, "fd77::5/64"):
            self.expect("fd77::5/64" in self.hostAddresses(), rules.ADDRESS_ADDED, self._addresses())

    def test_addressesThatAreAskedFor(self) -> None:
        """
        A driver that sets addresses sets those that it is asked for when it is opened.
        """
        tap = self.openTap(addresses=["10.78.0.5/16", "10.79.0.5/16"])
        if self._adds(tap, "10.77.0.5/16"):
            isSet = {"10.78.0.5/16", "10.79.0.5/16"} <= set(self.hostAddresses())
            self.expect(isSet, rules.ADDRESSES_ASKED, f"10.78.0.5/16 and 10.79.0.5/16 were; {self._addresses()}")

    def _adds(self, tap: ITap, address: str) -> bool:
        """
        Add an address.

        @return: whether the driver sets addresses.
        """
        try:
            tap.addAddress(address)
        except TapUnavailable as error:
            self.expect(bool(str(error).strip()), rules.ADDRESS_ADDED, "the TapUnavailable says nothing")
            return False
        except Exception as error:
            self.fail(rules.ADDRESS_ADDED.broken(f"{type(error).__name__}: {error}"))
        return True

    def _addresses(self) -> str:
        return f"the host has {self.hostAddresses()} (by hostAddresses() of the test)"
