"""
Tests for L{wand.lab.capture}.
"""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from wand.lab.capture import Eavesdropper


class ListenerTests(SynchronousTestCase):
    """
    Somebody who listens.
    """

    def test_patternsAreFound(self) -> None:
        """
        What is in the clear is found, wherever in a datagram it is, and told once.
        """
        listener = Eavesdropper({"payload": b"secret", "mac": b"\2\0\0\0\0\1", "name": b"alice"})
        for datagram in (b"xxsecretxx", b"secret", b"\0\0\2\0\0\0\0\1"):
            listener.hear(datagram)
        self.assertEqual(listener.capture.found, ["mac", "payload"])
        self.assertEqual((listener.capture.datagrams, listener.capture.octets), (3, 24))
