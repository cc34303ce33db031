"""
Members that a server lets admit others, while it is down and when it is back, in simulated time.
"""

from __future__ import annotations

from typing import Any

from sealed_network_case import Dwelling, SealedNetworkTestCase
from twisted.internet.defer import Deferred

from wand.control.network_administration import InvitationSettings
from wand.sealed.authority.offline_signing import signedOffline
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NETWORK_KEY, NetworkKey


class DeputiesOfServersTests(SealedNetworkTestCase):
    def asked(self, coroutine: Any) -> Any:
        doing = Deferred.fromCoroutine(coroutine)
        self.go(0.2)
        return self.successResultOf(doing)

    def appointed(self, number: int, **keys: object) -> Dwelling:
        """
        A member that the server lets admit others.
        """
        deputy = self.dwelling(number, **keys)
        self.asked(self.server.network.appoint(f"node-{number}", 4))
        self.go(1.0)
        self.assertTrue(deputy.own.admission)
        return deputy

    def guest(self, deputy: Dwelling, number: int, **terms: Any) -> Dwelling:
        guest = self.dwelling(number, joins=False)
        self.join(guest, self.asked(deputy.node.network.invite(InvitationSettings(**terms))))
        return guest

    def certificateOf(self, dwelling: Dwelling) -> Certificate:
        member = dwelling.node.etud.member
        assert member is not None and member.enrolment.own is not None
        return member.enrolment.own

    def stopServer(self) -> None:
        self.end(self.server)

    def startServer(self) -> None:
        self.server = self.serve()

    def test_theServerIsDown(self) -> None:
        """
        While the server is down, a member that it appointed admits another, which reaches it at once; as soon as the
        server is back it learns of that one and signs for it, and everybody reaches it.
        """
        one, two = self.appointed(1), self.dwelling(2)
        self.stopServer()
        three = self.guest(one, 3)
        self.assertEqual((three.own.stage, three.own.name), ("member", "node-3"))
        self.assertEqual(self.certificateOf(three).admitter, self.certificateOf(one).identity)
        self.assertTrue(self.reaches(three, one))
        before = three.own.addresses
        self.startServer()
        self.go(60.0)
        self.assertEqual(self.certificateOf(three).admitter, b"")
        self.assertEqual(self.members()["node-3"].admitter, one.own.key)
        self.assertEqual(three.own.addresses, before)
        self.assertTrue(self.reaches(two, three))

    def test_afterARestartOfTheDeputy(self) -> None:
        """
        It remembers where the server is, also if it is started while that is down.
        """
        one = self.appointed(1)
        self.stopServer()
        one.stop()
        one.start()
        self.go(1.0)
        three = self.guest(one, 3)
        self.startServer()
        self.go(60.0)
        self.assertEqual(self.certificateOf(three).admitter, b"")

    def test_addressesForNobody(self) -> None:
        """
        What the server sets aside, members that it lets admit others give to nobody: also one that becomes such
        a member later.
        """
        one, two = self.appointed(1), self.dwelling(2)
        configuration = self.server.configuration
        values = {name: getattr(configuration, name) for name in configuration.__struct_fields__}
        changed = type(configuration)(**{**values, "reserve": ["10.77.0.0-10.77.199.255", "10.77.201.0-10.77.255.255"]})
        object.__setattr__(self.server._surroundings, "load", lambda: changed)
        self.server.reload()
        self.go(1.0)
        self.asked(self.server.network.appoint("node-2", 4))
        self.go(1.0)
        self.stopServer()
        for number, deputy in ((3, one), (4, two)):
            guest = self.guest(deputy, number)
            self.assertTrue(guest.own.addresses[0].startswith("10.77.200."), guest.own.addresses)

    def test_oneAddressTwice(self) -> None:
        """
        The server and a member that do not hear each other give the same name away, and perhaps one address, as there
        are few: the one for whom the network signed keeps it, and the other gets another.
        """
        one, two = self.appointed(1), self.appointed(2)
        self.stopServer()
        three = self.guest(one, 3, name="printer")
        one.stop()
        three.stop()
        four = self.guest(two, 4, name="printer")
        self.startServer()
        self.go(60.0)
        self.assertEqual(four.own.name, "printer")
        one.start()
        three.start()
        self.go(60.0)
        self.assertEqual((four.own.name, three.own.name), ("printer", "printer-2"))
        self.assertNotEqual(three.own.addresses, four.own.addresses)
        for each in (one, two, three, four):
            self.assertEqual(each.own.conflicts, [])
        self.assertTrue(self.reaches(three, four))

    def test_theKeyIsElsewhere(self) -> None:
        """
        Where the network key is kept elsewhere, the right waits for a signature, and so does the certificate of the
        network for whom the deputy admitted; until then the deputy's counts.
        """
        one = self.dwelling(1)
        state = self.directory / "server"
        self.end(self.server)
        text = (state / NETWORK_KEY).read_text()
        (state / NETWORK_KEY).unlink()
        self.startServer()
        self.asked(self.server.network.appoint("node-1", 4))
        self.go(1.0)
        self.assertFalse(one.own.admission)
        key = NetworkKey.parse(text)
        self.assertEqual(self.sign(key), 1)
        self.go(1.0)
        self.assertTrue(one.own.admission)

        two = self.guest(one, 2)
        self.go(40.0)
        self.assertEqual(self.certificateOf(two).admitter, self.certificateOf(one).identity)
        self.assertEqual(self.members()["node-2"].admitter, one.own.key)
        self.assertEqual(self.sign(key), 1)
        self.go(40.0)
        self.assertEqual(self.certificateOf(two).admitter, b"")
        self.assertEqual(self.sign(key), 0)
        self.assertTrue(self.reaches(two, one))

        self.asked(self.server.network.appoint("node-1", 0))
        self.assertEqual(self.sign(key), 2)
        self.go(2.0)
        for each in (one, two):
            member = each.node.etud.member
            assert member is not None and member.enrolment.trust is not None
            self.assertEqual(len(member.enrolment.trust.notices.all), 1)
        self.assertFalse(one.own.admission)
        self.assertEqual(self.sign(key), 0)

    def sign(self, key: NetworkKey) -> int:
        """
        Sign what waits for it, and bring it back; how many there were.
        """
        signatures = signedOffline(self.server.network.requests(), key, self.clock.seconds())
        taken: int = self.asked(self.server.network.importSignatures(signatures))
        return taken
