"""
Tests for L{wand.demo.stranger}.
"""

from __future__ import annotations

import socket
from threading import Thread

from twisted.trial.unittest import SynchronousTestCase

from wand.demo.stranger import knock


class KnockTests(SynchronousTestCase):
    """
    A stranger that asks.
    """

    def test_answersAreCounted(self) -> None:
        """
        Who answers is noticed, and who is silent too.
        """
        with (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as talkative,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent,
        ):
            talkative.bind(("127.0.0.1", 0))
            silent.bind(("127.0.0.1", 0))

            def answer() -> None:
                datagram, sender = talkative.recvfrom(65_535)
                talkative.sendto(datagram, sender)

            thread = Thread(target=answer)
            thread.start()
            self.assertEqual(knock("127.0.0.1", [talkative.getsockname(), silent.getsockname()]).answers, 1)
            self.assertEqual(knock("127.0.0.1", [silent.getsockname()]).answers, 0)
            thread.join()
