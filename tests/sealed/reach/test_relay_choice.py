"""
Tests for which relay is asked first, and for where members are at home.
"""

from __future__ import annotations

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.reach.home_relays import HOMES, RELAYS_MAXIMUM, homesOf
from wand.sealed.reach.relay_choice import MEMBERS_MAXIMUM, OFF_LASTS, SILENCE, KnownRelay, RelayChoice
from wand.underlay.ports import DatagramSender


@attrs.define
class Place:
    """
    Where a relay is.
    """

    endpoint: tuple[str, int] | None = ("192.0.2.1", 44444)
    port: DatagramSender | None = None


class RelayChoiceTests(SynchronousTestCase):
    """
    Some servers and members that are relays.
    """

    def setUp(self) -> None:
        self.now = 100.0
        self.choice = RelayChoice(lambda: self.now)

    def relay(self, name: str, roundTrip: float | None = None, *, isServer: bool = False) -> KnownRelay:
        """
        A relay of a name, that answers after some seconds.
        """
        relay = KnownRelay(name.encode(), name, Place(), isServer=isServer)
        if roundTrip is not None:
            relay.asked(self.now)
            relay.answered(self.now + roundTrip)
        self.choice.add(relay)
        return relay

    def best(self, *without: str) -> str:
        """
        The name of the one that is asked first; empty for nobody.
        """
        found = self.choice.best({each.encode() for each in without})
        return "" if found is None else found.name

    def test_theNearest(self) -> None:
        """
        Servers go first, then members; of these the nearest, and one that was never measured in between.
        """
        self.relay("near", 0.01)
        self.relay("far server", 0.5, isServer=True)
        self.relay("server", 0.05, isServer=True)
        self.relay("new server", isServer=True)
        order = ["server", "new server", "far server", "near"]
        for number, name in enumerate(order):
            self.assertEqual(self.best(*order[:number]), name)
        self.assertEqual(self.best(*order), "")

    def test_silentOnesLast(self) -> None:
        """
        One that was asked and does not answer comes last, and is as before once it does.
        """
        server = self.relay("server", 0.01, isServer=True)
        self.relay("member", 0.2)
        server.asked(self.now)
        self.assertEqual(self.best(), "server")
        self.now += SILENCE + 0.1
        server.asked(self.now)
        self.assertEqual(self.best(), "member")
        self.now += 0.01
        server.answered(self.now)
        self.assertEqual(self.best(), "server")
        assert server.roundTrip is not None
        self.assertAlmostEqual(server.roundTrip, 0.01)

    def test_switchedOff(self) -> None:
        """
        One that passes nothing on is not asked for some minutes.
        """
        self.relay("server", isServer=True).isOff(self.now)
        self.assertEqual(self.best(), "")
        self.now += OFF_LASTS
        self.assertEqual(self.best(), "server")

    def test_cutOff(self) -> None:
        """
        Who has only streams to servers is cut off if none of them passes anything on; members do not help it.
        """
        self.relay("member")
        self.assertFalse(self.choice.isCutOff)
        one, two = self.relay("one", isServer=True), self.relay("two", isServer=True)
        one.place = two.place = Place(("tcp/192.0.2.1", 443))
        one.isOff(self.now)
        self.assertFalse(self.choice.isCutOff)
        two.isOff(self.now)
        self.assertTrue(self.choice.isCutOff)
        two.place = Place()
        self.assertFalse(self.choice.isCutOff)
        two.place = one.place
        two.asked(self.now)
        two.answered(self.now)
        self.assertFalse(self.choice.isCutOff)

    def test_oneBehindARelay(self) -> None:
        """
        A relay that is itself reached over one is not asked.
        """
        relay = self.relay("member")
        relay.place = Place(("relay/0011223344556677", 5))
        self.assertEqual(self.best(), "")

    def test_onlySoMany(self) -> None:
        """
        Members are kept up to a limit, which servers do not fill.
        """
        for number in range(MEMBERS_MAXIMUM + 3):
            self.relay(f"server {number}", isServer=True)
        for number in range(MEMBERS_MAXIMUM):
            self.relay(f"member {number}")
        self.assertFalse(self.choice.add(KnownRelay(b"one more", "one more", Place(), isServer=False)))
        self.assertTrue(self.choice.remove(b"member 0"))
        self.assertFalse(self.choice.remove(b"member 0"))
        self.assertTrue(self.choice.add(KnownRelay(b"one more", "one more", Place(), isServer=False)))

    def test_anAnswerThatNobodyAskedFor(self) -> None:
        """
        It measures nothing.
        """
        relay = self.relay("server")
        relay.answered(self.now)
        self.assertIsNone(relay.roundTrip)


class HomesTests(SynchronousTestCase):
    """
    Where members are at home.
    """

    @given(st.binary(min_size=32, max_size=32), st.lists(st.binary(min_size=32, max_size=32), unique=True, max_size=20))
    def test_everybodyFindsTheSame(self, member: bytes, relays: list[bytes]) -> None:
        """
        In whatever order the relays are known, the homes are the same, and never the member itself.
        """
        homes = homesOf(member, relays)
        self.assertEqual(homes, homesOf(member, [member, *relays][::-1]))
        self.assertNotIn(member, homes)
        self.assertEqual(len(homes), min(HOMES, len(set(relays) - {member})))

    def test_theyAreSpread(self) -> None:
        """
        No relay is home to many more than its share, and one that is gone moves none but those that lived there.
        """
        relays = [bytes([number]) * 32 for number in range(10)]
        members = [number.to_bytes(32, "big") for number in range(1_000)]
        homes = {member: homesOf(member, relays) for member in members}
        for relay in relays:
            self.assertLess(sum(relay in each for each in homes.values()), 300)
        for member in members:
            if relays[0] not in homes[member]:
                self.assertEqual(homesOf(member, relays[1:]), homes[member])

    def test_onlySoMany(self) -> None:
        """
        However many have the right, only some are looked at, and everybody looks at the same.
        """
        many = [number.to_bytes(32, "big") for number in range(RELAYS_MAXIMUM + 100)]
        self.assertEqual(homesOf(b"m" * 32, many[::-1]), homesOf(b"m" * 32, many[:RELAYS_MAXIMUM]))
