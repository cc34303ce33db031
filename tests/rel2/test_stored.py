"""
Tests for L{wand.rel2.stored}: registrations in a store.
"""

from __future__ import annotations

from twisted.logger import capturedLogs
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.ethernet import MAC
from wand.rel2.registry import Registration
from wand.rel2.stored import decodeRegistrations, encodeRegistration

ALICE = MAC.parse("02:00:00:00:00:0a")
BOB = MAC.parse("02:00:00:00:00:0b")


class StoredTests(SynchronousTestCase):
    """
    L{encodeRegistration} and L{decodeRegistrations}.
    """

    def test_whatIsReadIsWhatWasWritten(self) -> None:
        """
        A node's registration, and an operator's that stands without end, come back as they were.
        """
        registrations = [
            Registration(ALICE, Endpoint("192.0.2.1", 5000), 1000.5, 2000.25),
            Registration(BOB, Endpoint("192.0.2.2", 22222), 1.0, 1.0, None, fixed=True, asked=False),
        ]
        records = {bytes(each.mac): encodeRegistration(each) for each in registrations}
        self.assertEqual(decodeRegistrations(records), registrations)

    def test_theRecordIsJSON(self) -> None:
        """
        A record is JSON, which other programs can read.
        """
        record = encodeRegistration(Registration(ALICE, Endpoint("192.0.2.1", 5000), 1.0, 2.0))
        self.assertEqual(
            record,
            b'{"host":"192.0.2.1","port":5000,"since":1.0,"lastSeen":2.0,"lifetime":3600.0,"fixed":false,"asked":true}',
        )

    def test_whatCanNotBeUnderstoodIsLeftOut(self) -> None:
        """
        A record that cannot be read, whose key is not a MAC address, or whose value is not an address, is logged and
        left out; the others are there.
        """
        good = Registration(ALICE, Endpoint("192.0.2.1", 5000), 1.0, 2.0)
        record = encodeRegistration(good)
        with capturedLogs() as logged:
            found = decodeRegistrations(
                {
                    bytes(BOB): b"{",
                    b"short": record,
                    bytes(ALICE): record,
                    b"\x02elsew": record.replace(b"192.0.2.1", b"nonsense"),
                }
            )
        self.assertEqual((found, len(logged)), ([good], 3))
