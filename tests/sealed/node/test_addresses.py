"""
Tests for overlay addresses that somebody chose: by joining with one, or at the server, while everything runs.
"""

from __future__ import annotations

from sealed_network_case import Dwelling, SealedNetworkTestCase
from twisted.internet.defer import Deferred

from wand.errors import MembershipRefused, NoSuchMember
from wand.sealed.credentials.member_status import MemberStatus


class ChosenAddressesCase(SealedNetworkTestCase):
    """
    A network of C{10.77.0.0/24} and C{fd77::/64}, in which a range is reserved.
    """

    def serve(self, name: str = "server", **keys: object):  # type: ignore[no-untyped-def] # as the other
        keys = {
            "prefix": "10.77.0.0/24",
            "prefix6": "fd77::/64",
            "reserve": ["10.77.0.128/25", "fd77::100/120"],
            **keys,
        }
        return super().serve(name, **keys)

    def address(self, name: str, *addresses: str) -> MemberStatus:
        asked = Deferred.fromCoroutine(self.server.network.address(name, addresses))
        self.go(0.1)
        status: MemberStatus = self.successResultOf(asked)
        return status

    def refused(self, name: str, *addresses: str) -> str:
        asked = Deferred.fromCoroutine(self.server.network.address(name, addresses))
        self.go(0.1)
        return str(self.failureResultOf(asked, MembershipRefused, NoSuchMember).value)

    def onTap(self, dwelling: Dwelling) -> list[str]:
        """
        What the host has on the tap.
        """
        addresses: list[str] = dwelling.node.etud.tap.addresses  # type: ignore[attr-defined] # a tap in memory
        return sorted(addresses, key=lambda each: ":" in each)

    def seen(self, by: Dwelling, name: str) -> list[str]:
        """
        What somebody knows of another's addresses.
        """
        return next(each.addresses for each in by.node.seen(None, 99) if each.name == name)


class ReaddressingTests(ChosenAddressesCase):
    """
    C{wand address} at the server.
    """

    def test_liveWithinASecond(self) -> None:
        """
        The member has its new address on its tap in less than a second, and the old one not any more; others know; no
        session ended, and frames flow as before.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        self.assertTrue(self.reaches(two, one))
        events: list[str] = []
        for each in (one, two):
            each.context.events.subscribe(lambda event: events.append(event.kind))
        status = self.address("node-1", "10.77.0.9")
        self.assertEqual(status.addresses, ["10.77.0.9/24", "fd77::1/64"])
        self.go(0.8)
        for found in (one.own.addresses, self.onTap(one), self.seen(two, "node-1")):
            self.assertEqual(found, ["10.77.0.9/24", "fd77::1/64"])
        self.assertTrue(self.reaches(two, one))
        self.assertFalse({"session-up", "session-down", "goodbye", "entry-removed"} & set(events))

    def test_ofIPv6AndBoth(self) -> None:
        """
        Either address is changed alone, or both at once.
        """
        one = self.dwelling(1)
        self.address("node-1", "fd77::bee")
        self.go(0.5)
        self.assertEqual(self.onTap(one), ["10.77.0.1/24", "fd77::bee/64"])
        self.address("node-1", "fd77::cafe", "10.77.0.7")
        self.go(0.5)
        self.assertEqual(self.onTap(one), ["10.77.0.7/24", "fd77::cafe/64"])

    def test_whatNobodyCanHave(self) -> None:
        """
        What is not in the prefix, no host's, reserved, somebody else's or no address is refused, with what to do.
        """
        self.dwelling(1)
        self.dwelling(2)
        for addresses, words in (
            (["10.78.0.9"], ("not one of", "10.77.0.0/24", "fd77::/64")),
            (["10.77.0.255"], ("first or the last",)),
            (["fd77::"], ("first or the last",)),
            (["10.77.0.130"], ("reserved", "another")),
            (["fd77::1ff"], ("reserved",)),
            (["10.77.0.2"], ("node-2", "wand address node-2")),
            (["10.77.0.9", "10.77.0.10"], ("one address of each",)),
            (["10.77.0.9", "fd77::2"], ("node-2",)),
            (["banana"], ("write it like",)),
            (["10.77.0.9/24"], ("write it like",)),
            (["fd77::9%eth0"], ("write it like",)),
        ):
            reason = self.refused("node-1", *addresses)
            for word in words:
                self.assertIn(word, reason)
        self.assertEqual(self.members()["node-1"].addresses, ["10.77.0.1/24", "fd77::1/64"])
        self.assertIn("no member", self.refused("nobody", "10.77.0.9"))
        renamed = Deferred.fromCoroutine(self.server.network.rename("node-1", "one"))
        self.assertEqual(self.successResultOf(renamed).addresses, ["10.77.0.1/24", "fd77::1/64"])
        self.assertIn("server", self.refused("server", "10.77.0.9"))
        self.assertEqual(self.address("node-2", "10.77.0.9").addresses[0], "10.77.0.9/24")  # it was not taken

    def test_ofOneWhoIsRevoked(self) -> None:
        """
        Who was revoked gets nothing; its address, which rests, is given to another if an operator wants that.
        """
        self.dwelling(1)
        self.dwelling(2)
        Deferred.fromCoroutine(self.server.network.revoke("node-1"))
        self.go(0.5)
        self.assertEqual(self.address("node-2", "10.77.0.1").addresses[0], "10.77.0.1/24")
        key = next(each.key for each in self.members().values() if each.name == "node-1")
        self.assertIn("revoked", self.refused(key, "10.77.0.9"))

    def test_offline(self) -> None:
        """
        Who is away takes its address when it is back.
        """
        one = self.dwelling(1)
        one.stop()
        self.go(1.0)
        self.assertEqual(self.address("node-1", "10.77.0.9").online, False)
        one.start()
        self.go(2.0)
        self.assertEqual(self.onTap(one), ["10.77.0.9/24", "fd77::1/64"])

    def test_theFirstAnswerIsLost(self) -> None:
        """
        A datagram with the new certificate may be lost: it is sent again.
        """
        one = self.dwelling(1)
        self.network.loss = 1.0
        asked = Deferred.fromCoroutine(self.server.network.address("node-1", ["10.77.0.9"]))
        self.go(0.1)
        self.network.loss = 0.0
        self.successResultOf(asked)
        self.assertEqual(self.onTap(one)[0], "10.77.0.1/24")
        self.go(1.2)
        self.assertEqual(self.onTap(one)[0], "10.77.0.9/24")

    def test_swapped(self) -> None:
        """
        Two members take each other's addresses by a third one; the next that joins gets none of those that were given
        up lately.
        """
        one, two = self.dwelling(1), self.dwelling(2)
        for name, address in (("node-1", "10.77.0.9"), ("node-2", "10.77.0.1"), ("node-1", "10.77.0.2")):
            self.address(name, address)
        self.go(1.0)
        self.assertEqual([self.onTap(each)[0] for each in (one, two)], ["10.77.0.2/24", "10.77.0.1/24"])
        self.assertEqual(self.dwelling(3).own.addresses[0], "10.77.0.3/24")
        self.assertTrue(self.reaches(one, two))

    def test_afterARestart(self) -> None:
        """
        It stays: server and member have it after a restart, and the old one is free.
        """
        one = self.dwelling(1)
        self.address("node-1", "10.77.0.9", "fd77::9")
        self.go(1.0)
        one.stop()
        self.end(self.server)
        self.server = self.serve()
        one.start()
        self.go(2.0)
        self.assertEqual(one.own.addresses, ["10.77.0.9/24", "fd77::9/64"])
        self.assertEqual(self.onTap(one), ["10.77.0.9/24", "fd77::9/64"])
        self.assertEqual(self.dwelling(2).own.addresses, ["10.77.0.1/24", "fd77::1/64"])


class JoiningTests(ChosenAddressesCase):
    """
    C{wand join --address}.
    """

    def joinAt(self, dwelling: Dwelling, *addresses: str) -> None:
        self.successResultOf(Deferred.fromCoroutine(dwelling.node.join(self.invitation(), addresses)))
        self.go(2.0)

    def test_ofBothKinds(self) -> None:
        """
        A node gets the addresses that it asks for; one that it does not ask for is the first that is free.
        """
        for number, (wanted, got) in enumerate(
            (
                (["fd77::b0b", "10.77.0.44"], ["10.77.0.44/24", "fd77::b0b/64"]),
                (["10.77.0.45"], ["10.77.0.45/24", "fd77::1/64"]),
                (["fd77::45"], ["10.77.0.1/24", "fd77::45/64"]),
            ),
            1,
        ):
            one = self.dwelling(number, joins=False)
            self.joinAt(one, *wanted)
            self.assertEqual(self.onTap(one), got)

    def test_whatItCannotHave(self) -> None:
        """
        What is somebody else's, reserved or elsewhere is refused, and the invitation is not used up.
        """
        self.dwelling(1)
        for number, (address, word) in enumerate(
            (("10.77.0.1", "another member"), ("10.77.0.200", "reserved"), ("192.0.2.9", "not one of")), 2
        ):
            one = self.dwelling(number, joins=False)
            token = self.invitation()
            self.successResultOf(Deferred.fromCoroutine(one.node.join(token, [address])))
            self.go(2.0)
            self.assertEqual(one.own.stage, "new")
            self.assertIn(word, one.own.refusal)
            self.join(one, token)
            self.assertEqual(one.own.stage, "member")

    def test_nonsense(self) -> None:
        """
        What is no address, or two of one kind, is refused before anybody is asked.
        """
        one = self.dwelling(1, joins=False)
        for wanted in (["banana"], ["10.77.0.8", "10.77.0.9"], ["127.0.0.1"], ["fe80::1%eth0"]):
            joining = Deferred.fromCoroutine(one.node.join(self.invitation(), wanted))
            self.failureResultOf(joining, MembershipRefused)
            self.assertEqual(one.own.stage, "new")

    def test_afterARestart(self) -> None:
        """
        A node that is restarted before it could join asks for the same.
        """
        one = self.dwelling(1, joins=False)
        token = self.invitation()
        self.end(self.server)
        self.successResultOf(Deferred.fromCoroutine(one.node.join(token, ["10.77.0.44"])))
        self.go(1.0)
        one.stop()
        one.start()
        self.server = self.serve()
        self.go(60.0)
        self.assertEqual(self.onTap(one), ["10.77.0.44/24", "fd77::1/64"])


class ReserveTests(ChosenAddressesCase):
    """
    C{reserve} in the configuration of the server.
    """

    def test_aMemberThatHasOneAlready(self) -> None:
        """
        A member keeps an address that is reserved later, and the server says so until it has another.
        """
        one = self.dwelling(1)
        self.end(self.server)
        self.server = self.serve(reserve=["10.77.0.1-10.77.0.3"])
        self.go(2.0)
        [note] = [each for each in self.server.status().notes if "reserved" in each]
        for word in ("node-1", "10.77.0.1", "wand address node-1"):
            self.assertIn(word, note)
        self.assertEqual(one.own.addresses[0], "10.77.0.1/24")
        self.assertEqual(self.dwelling(2).own.addresses[0], "10.77.0.4/24")
        self.address("node-1", "10.77.0.50")
        self.assertEqual([each for each in self.server.status().notes if "reserved" in each], [])

    def reload(self, *ranges: str) -> list[str]:
        configuration = self.server.configuration
        values = {name: getattr(configuration, name) for name in configuration.__struct_fields__}
        changed = type(configuration)(**{**values, "reserve": list(ranges)})
        object.__setattr__(self.server._surroundings, "load", lambda: changed)
        return self.server.reload()

    def test_reservedBeyond(self) -> None:
        """
        Ranges that are not within the network's addresses set nothing aside: the operator is told which, and where such
        addresses are, until that is corrected.
        """
        self.reload("10.78.0.100-10.78.0.199", "10.77.0.128/25", "fd78::/64")
        self.go(1.0)
        [note] = [each for each in self.server.status().notes if "reserved" in each]
        for words in ("10.78.0.100-10.78.0.199 and 1 more", "10.77.0.0/24 and fd77::/64", "correct reserve"):
            self.assertIn(words, note)
        self.reload("10.77.0.128/25")
        self.go(1.0)
        self.assertEqual([each for each in self.server.status().notes if "reserved" in each], [])

    def test_changedWhileItRuns(self) -> None:
        """
        A reload sets other addresses aside at once, and gives those free again that were; whoever has one keeps it.
        """
        self.dwelling(1)
        said = self.reload("10.77.0.1-10.77.0.3", "fd77::/126")
        self.assertEqual(said, ["reserve: 10.77.0.1-10.77.0.3, fd77::/126, and it was 10.77.0.128/25, fd77::100/120"])
        [note] = [each for each in self.server.status().notes if "reserved" in each]
        self.assertIn("node-1", note)
        self.assertEqual(self.dwelling(2).own.addresses, ["10.77.0.4/24", "fd77::4/64"])
        self.assertEqual(self.address("node-2", "10.77.0.200").addresses[0], "10.77.0.200/24")
        self.assertIn("reserved", self.refused("node-2", "10.77.0.2"))
        self.assertEqual(self.reload(), ["reserve: nothing, and it was 10.77.0.1-10.77.0.3, fd77::/126"])
        self.assertEqual(self.reload(), [])
        self.assertEqual([each for each in self.server.status().notes if "reserved" in each], [])
        self.assertEqual(self.dwelling(3).own.addresses, ["10.77.0.2/24", "fd77::2/64"])
