"""
Frames too big for the path, in fragments and put together again.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.superframes.fragments import (
    FRAMES_MAXIMUM,
    FRAMES_OF_PEER_MAXIMUM,
    REASSEMBLY_PATIENCE,
    Reassembly,
    fragmentsOf,
)

FRAME = bytes(range(256)) * 6
ROOM = 1_400


class FragmentTests(SynchronousTestCase):
    """
    A sender and a receiver of fragments.
    """

    def setUp(self) -> None:
        """
        A receiver for frames of up to 9,018 octets.
        """
        self.clock = Clock()
        self.counters = Counters()
        self.reassembly = Reassembly(self.clock, 9_018, self.counters)

    def receive(self, fragment: bytes, peer: str = "a") -> bytes | None:
        frame = self.reassembly.fragmentReceived(peer, memoryview(fragment))
        return None if frame is None else bytes(frame)

    def dropped(self) -> dict[str, int]:
        return {name: count for name, count in self.counters.items() if count}

    def test_layout(self) -> None:
        """
        A fragment is kind, number, length of the frame, offset, octets.
        """
        one, two = fragmentsOf(FRAME, 0x12345, ROOM)
        self.assertEqual(one, b"\3\x23\x45\x06\x00\0\0" + FRAME[:768])
        self.assertEqual(two, b"\3\x23\x45\x06\x00\3\0" + FRAME[768:])

    def test_tooNarrow(self) -> None:
        """
        A path that carries next to nothing gets no fragments.
        """
        self.assertEqual(fragmentsOf(FRAME, 1, 100), [])

    @settings(max_examples=150, deadline=None)
    @given(st.binary(min_size=1, max_size=50), st.integers(1, 9_018), st.integers(263, 9_100), st.data())
    def test_anyOrder(self, seed: bytes, length: int, room: int, data: st.DataObject) -> None:
        """
        Fragments fit the path, and in any order, some of them twice, make up the frame, once.
        """
        self.setUp()
        frame = (seed * length)[:length]
        fragments = fragmentsOf(memoryview(frame), 9, room)
        self.assertLessEqual(max(map(len, fragments)), room)
        order = data.draw(st.permutations(fragments))
        again = data.draw(st.sampled_from(order))
        frames = [
            self.receive(fragment) for fragment in [*order[:-1], *([again] if again != order[-1] else []), order[-1]]
        ]
        self.assertEqual([found for found in frames if found is not None], [frame])
        self.assertEqual((self.reassembly.waiting, self.dropped()), (0, {}))

    def test_lossIsWaitedForAWhile(self) -> None:
        """
        A frame whose rest does not come is given up, and its rest is then of no use.
        """
        one, two = fragmentsOf(FRAME, 1, ROOM)
        self.receive(one)
        self.clock.advance(REASSEMBLY_PATIENCE)
        self.reassembly.expire()
        self.assertEqual((self.reassembly.waiting, self.dropped()), (0, {"drop-fragment-late": 1}))
        self.assertIsNone(self.receive(two))

    def test_peersAreApart(self) -> None:
        """
        The same number of two peers names two frames.
        """
        one, two = fragmentsOf(FRAME, 1, ROOM)
        self.assertIsNone(self.receive(one, "a"))
        self.assertIsNone(self.receive(two, "b"))
        self.assertEqual(self.receive(one, "b"), FRAME)
        self.assertEqual(self.receive(two, "a"), FRAME)

    def test_quotaOfAPeer(self) -> None:
        """
        A peer that begins frame after frame loses its oldest, and no other peer's.
        """
        one, two = fragmentsOf(FRAME, 0, ROOM)
        self.receive(one, "b")
        for number in range(FRAMES_OF_PEER_MAXIMUM + 5):
            self.receive(fragmentsOf(FRAME, number, ROOM)[0])
        self.assertEqual(self.reassembly.waiting, FRAMES_OF_PEER_MAXIMUM + 1)
        self.assertEqual(self.dropped(), {"drop-fragment-full": 5})
        self.assertEqual(self.receive(two, "b"), FRAME)

    def test_quotaOfAll(self) -> None:
        """
        All peers together have a quota too.
        """
        for peer in range(FRAMES_MAXIMUM + 3):
            self.receive(fragmentsOf(FRAME, 0, ROOM)[0], f"peer {peer}")
        self.assertEqual(self.reassembly.waiting, FRAMES_MAXIMUM)
        self.assertEqual(self.dropped(), {"drop-fragment-full": 3})

    def test_forgottenPeer(self) -> None:
        """
        Of a peer that is gone nothing is kept.
        """
        self.receive(fragmentsOf(FRAME, 0, ROOM)[0])
        self.reassembly.forget("a")
        self.assertEqual(self.reassembly.waiting, 0)

    def test_lies(self) -> None:
        """
        Fragments whose sizes contradict each other are dropped, with the frame that they are said to be of.
        """
        one, two = fragmentsOf(FRAME, 1, ROOM)
        for lie in (
            b"\3",
            one[:7],
            b"\3\0\1\x06\0\xff\xff" + FRAME[:768],
            b"\3\0\1\x06\0\0\0" + FRAME[:100],
            b"\3\0\1\0\0\0\0" + FRAME[:768],
        ):
            self.assertIsNone(self.receive(lie))
        self.assertEqual(self.dropped(), {"drop-fragment-malformed": 5})
        for lie in (b"\3\0\1\x05\xff" + two[5:-1], b"\3\0\1\x06\0\1\0" + FRAME[:768]):
            self.receive(one)
            self.assertIsNone(self.receive(lie))
            self.assertEqual(self.reassembly.waiting, 0)
        self.assertEqual(self.dropped(), {"drop-fragment-malformed": 7})

    def test_tooLong(self) -> None:
        """
        No memory is set aside for a frame longer than the tap may get.
        """
        self.assertIsNone(self.receive(b"\3\0\1\xff\xff\0\0" + FRAME[:768]))
        self.assertEqual((self.reassembly.waiting, self.dropped()), (0, {"drop-fragment-oversize": 1}))

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.binary(max_size=400), max_size=20))
    def test_noise(self, noise: list[bytes]) -> None:
        """
        Random octets never raise.
        """
        for octets in noise:
            frame = self.receive(b"\3" + octets)
            self.assertLessEqual(len(frame or b""), 9_018)
