"""
What is said of an interface that is in the way.
"""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from wand.drivers.present import adviceFor


def link(kind: str = "tun", **data: Any) -> dict[str, Any]:
    """
    What iproute2 says of an interface.
    """
    return {"ifname": "wan0", "link_type": "ether", "linkinfo": {"info_kind": kind, "info_data": data}}


class PresentTests(SynchronousTestCase):
    """
    Tests for L{adviceFor}.
    """

    def test_multiQueueIsNamed(self) -> None:
        """
        A tap that somebody made with multi_queue is named as such, with what to do.
        """
        advice = adviceFor("wan0", link(type="tap", multi_queue=True), 0)
        self.assertIn("multi_queue", advice)
        self.assertIn("ip link delete wan0", advice)

    def test_othersAreNamed(self) -> None:
        """
        So are tun interfaces, interfaces that are not taps at all, and taps of other users.
        """
        self.assertIn("tun interface", adviceFor("wan0", link(type="tun"), 0))
        self.assertIn("(bridge)", adviceFor("wan0", link("bridge"), 0))
        self.assertIn("not a tap (loopback)", adviceFor("lo", {"ifname": "lo", "link_type": "loopback"}, 0))
        self.assertIn("belongs to the user 1234", adviceFor("wan0", link(type="tap", user=1234), 99))
        self.assertIn("belongs to the user root", adviceFor("wan0", link(type="tap", user="root"), 99))

    def test_nothingToSay(self) -> None:
        """
        Of a tap that fits there is nothing to say.
        """
        self.assertEqual(adviceFor("wan0", link(type="tap", user=99), 99), "")
        self.assertEqual(adviceFor("wan0", link(type="tap", user=1234), 0), "")
        self.assertEqual(adviceFor("wan0", link(type="tap", multi_queue=False), 5), "")
