"""
Tests for the commands of the control socket that are about frames.
"""

from __future__ import annotations

from control_case import ControlCase
from pcapng_reader import ReadFrame, readCapture

from wand.capture.pcapng import Direction
from wand.capture.recording import Wanted
from wand.control.capture_feed import GATHERING, WAITING_MAXIMUM
from wand.control.server import ControlProtocol
from wand.errors import NotPermitted, WandError

FRAME = b"\2\0\0\0\0\2" + b"\2\0\0\0\0\1" + b"\x88\xb5" + b"payload"


class CaptureCommandsTests(ControlCase):
    """
    A client and a program.
    """

    def setUp(self) -> None:
        """
        Connect.
        """
        super().setUp()
        self.octets = bytearray()
        self.told: list[tuple[int, int]] = []

    def take(self, blocks: bytes, frames: int, lost: int) -> None:
        """
        Be told of frames.
        """
        self.octets += blocks
        self.told.append((frames, lost))

    def begin(self, wanted: Wanted) -> None:
        """
        Begin a capture.
        """
        self.octets += self.ask(self.client.beginCapture(wanted, self.take))

    def frames(self) -> list[ReadFrame]:
        """
        What came.
        """
        return readCapture(bytes(self.octets)).frames

    def pass_(self) -> None:
        """
        Let time pass in which frames are gathered.
        """
        self.clock.advance(GATHERING)
        self.pump.flush()

    def test_captured(self) -> None:
        """
        Frames cross the socket, several at once, until the end; those that passed before the end come before it.
        """
        self.begin(Wanted(snap=15))
        for _ in range(3):
            self.program.heard(Direction.LEAVING, "alice", FRAME)
        self.assertEqual(self.told, [])
        self.pass_()
        self.assertEqual(self.told, [(3, 0)])
        self.program.heard(Direction.ARRIVING, "bob", FRAME)
        self.assertEqual(self.ask(self.client.endCapture()), 0)
        self.assertEqual([each.comment for each in self.frames()], ["alice", "alice", "alice", "bob"])
        self.assertEqual({each.octets for each in self.frames()}, {FRAME[:15]})
        self.assertEqual(self.program.recordings, [])
        self.pass_()
        self.assertEqual(len(self.told), 2)

    def test_whatIsWanted(self) -> None:
        """
        The peer, the filter and the count cross the socket, too.
        """
        self.begin(Wanted("alice", "ether proto 0x88b5", 2))
        self.program.heard(Direction.LEAVING, "alice", bytes(60))
        for peer in ("bob", "alice", None, "alice"):
            self.program.heard(Direction.LEAVING, peer, FRAME)
        self.pass_()
        self.assertEqual([each.comment for each in self.frames()], ["alice", "everybody"])

    def test_refused(self) -> None:
        """
        A filter that is none is refused in words; so is a second capture on one connection.  An end without a capture
        does no harm.
        """
        text = self.refused(self.client.beginCapture(Wanted(filter="hots"), self.take), WandError)
        self.assertIn("'hots' is unknown", text)
        self.refused(self.client.beginCapture(Wanted(count=-1), self.take), WandError)
        self.assertEqual(self.ask(self.client.endCapture()), 0)
        self.begin(Wanted())
        self.refused(self.client.beginCapture(Wanted(), self.take), NotPermitted)
        self.ask(self.client.endCapture())
        self.begin(Wanted())

    def test_theClientGoesAway(self) -> None:
        """
        A capture ends with its connection.
        """
        self.begin(Wanted())
        self.program.heard(Direction.LEAVING, "alice", FRAME)
        self.client.close()
        self.pump.flush()
        self.assertEqual(self.program.recordings, [])
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_aSlowClient(self) -> None:
        """
        While the client does not read, a bounded number of octets waits; what is lost is counted and told, and what
        waits comes once it reads again.
        """
        server = self.serverEnd()
        self.begin(Wanted())
        server.pauseProducing()
        number = WAITING_MAXIMUM // 60_000 + 10
        for _ in range(number):
            self.program.heard(Direction.LEAVING, "alice", FRAME[:14] + bytes(59_986))
        self.pass_()
        self.assertEqual(self.told, [])
        lost = self.program.counters["captured-lost"]
        self.assertTrue(9 < lost < 12, lost)
        server.resumeProducing()
        self.pump.flush()
        self.assertEqual(sum(frames for frames, _ in self.told), number - lost)
        self.assertEqual(self.told[-1][1], lost)
        self.assertEqual(self.ask(self.client.endCapture()), lost)
        self.program.heard(Direction.LEAVING, "alice", FRAME)
        self.assertEqual(len(self.frames()), number - lost)

    def serverEnd(self) -> ControlProtocol:
        """
        The program's end of the connection.
        """
        server = self.pump.server
        assert isinstance(server, ControlProtocol)
        return server

    def test_aCaptureKeepsItsConnection(self) -> None:
        """
        A connection with a capture is not idle, however long nothing passes.
        """
        server = self.serverEnd()
        self.begin(Wanted())
        self.clock.advance(3600)
        self.assertEqual(server.idle, 0)
