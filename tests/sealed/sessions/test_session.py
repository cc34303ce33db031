"""
Tests for L{wand.sealed.sessions.session} and L{wand.sealed.sessions.ciphers}.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.sessions.ciphers import CIPHERS, aead
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.packets import INDEX_AND_COUNTER
from wand.sealed.sessions.session import FORGED, REPLAYED, Session
from wand.sealed.sessions.timers import RENEW_MESSAGES, SESSION_MESSAGES


class Renewals:
    """
    A conversation that is asked for nothing but new sessions.
    """

    def __init__(self) -> None:
        self.count = 0

    def woke(self, session: Session) -> bool:
        return True

    def rest(self, session: Session) -> None:
        session.rest()

    def renew(self) -> None:
        self.count += 1


def ends(cipher: str = "aes-256-gcm") -> tuple[Session, Session, Renewals]:
    renewals = Renewals()
    one = Session(renewals, cipher, TransportKeys(b"a" * 32, b"b" * 32), 1, 2, 0.0, initiator=True, version=1)
    two = Session(renewals, cipher, TransportKeys(b"b" * 32, b"a" * 32), 2, 1, 0.0, initiator=False, version=1)
    return one, two, renewals


def seal(session: Session, plaintext: bytes) -> bytes:
    out = memoryview(bytearray(len(plaintext) + 32))
    return bytes(out[: session.seal(memoryview(plaintext), out)])


def opened(session: Session, datagram: bytes) -> bytes | int:
    out = memoryview(bytearray(len(datagram)))
    _, counter = INDEX_AND_COUNTER.unpack_from(datagram)
    size = session.open(memoryview(datagram), counter, out)
    return size if size < 0 else bytes(out[:size])


class SessionTests(SynchronousTestCase):
    """
    What one end seals the other opens, once.
    """

    def test_bothWays(self) -> None:
        """
        With either cipher, messages of any length travel both ways.
        """
        for cipher in CIPHERS:
            one, two, _ = ends(cipher)
            for plaintext in (b"", b"\1frame", bytes(9000)):
                self.assertEqual(opened(two, seal(one, plaintext)), plaintext)
                self.assertEqual(opened(one, seal(two, plaintext)), plaintext)

    def test_noncesNeverRepeat(self) -> None:
        """
        Every message has a counter of its own, and so a nonce.
        """
        one, _, _ = ends()
        self.assertEqual(
            [seal(one, b"")[4:16] for _ in range(3)], [b"\0\0\0\2" + n.to_bytes(8, "big") for n in range(3)]
        )

    def test_replayed(self) -> None:
        """
        A message that comes again is dropped, whenever that is.
        """
        one, two, _ = ends()
        messages = [seal(one, b"%d" % n) for n in range(100)]
        for message in messages:
            opened(two, message)
        self.assertEqual({opened(two, message) for message in messages}, {REPLAYED})

    def test_reordered(self) -> None:
        """
        Messages that overtook each other all arrive.
        """
        one, two, _ = ends()
        messages = [seal(one, b"%d" % n) for n in range(9000)]
        self.assertEqual(opened(two, messages[8191]), b"8191")
        self.assertEqual(
            [opened(two, messages[n]) for n in range(8190, -1, -1)], [b"%d" % n for n in range(8190, -1, -1)]
        )

    def test_tooLate(self) -> None:
        """
        A message that is older than the window is dropped.
        """
        one, two, _ = ends()
        first, messages = seal(one, b"first"), [seal(one, b"") for _ in range(8192)]
        opened(two, messages[-1])
        self.assertEqual(opened(two, first), REPLAYED)

    def test_forgedMovesNothing(self) -> None:
        """
        A forged message with a high counter does not move the window.
        """
        one, two, _ = ends()
        message = seal(one, b"good")
        self.assertEqual(opened(two, message[:8] + b"\0\0\0\1" + message[12:]), FORGED)
        self.assertEqual(two.window.highest, -1)
        self.assertEqual(opened(two, message), b"good")

    @given(st.integers(0, 50), st.integers(0, 7))
    def test_bitFlipped(self, place: int, bit: int) -> None:
        """
        With any single bit changed in index, counter, text or tag a message does not open.
        """
        one, two, _ = ends()
        message = bytearray(seal(one, b"\1" + b"x" * 34))
        if place >= 4:
            message[place] ^= 1 << bit
            self.assertIn(opened(two, bytes(message)), (FORGED, REPLAYED))

    @given(st.integers(32, 66))
    def test_truncated(self, size: int) -> None:
        """
        A message of which anything is missing does not open.
        """
        one, two, _ = ends()
        self.assertEqual(opened(two, seal(one, b"\1" + b"x" * 34)[:size]), FORGED)

    def test_reflected(self) -> None:
        """
        What an end sent does not open when it comes back.
        """
        one, _, _ = ends()
        self.assertEqual(opened(one, seal(one, b"secret")), FORGED)

    def test_countersAreExhausted(self) -> None:
        """
        A session is renewed after 2**32 messages and carries nothing after 2**48.
        """
        one, two, renewals = ends()
        one.sent = RENEW_MESSAGES - 1
        seal(one, b"")
        self.assertEqual(renewals.count, 0)
        self.assertEqual(opened(two, seal(one, b"more")), b"more")
        self.assertEqual(renewals.count, 1)
        one.sent = SESSION_MESSAGES - 1
        last = seal(one, b"last")
        self.assertEqual(opened(two, last), b"last")
        self.assertEqual(seal(one, b"more"), b"")
        self.assertEqual(one.sent, SESSION_MESSAGES)


class DecryptIntoTests(SynchronousTestCase):
    """
    C{decrypt_into} leaves plaintext that is not authenticated in its buffer when it fails.
    """

    def test_libraryLeavesPlaintextBehind(self) -> None:
        """
        It does: a message with a changed tag is refused, and its text stands in the buffer.  So nobody may look.
        """
        for cipher in CIPHERS:
            sealed = bytearray(aead(cipher, b"k" * 32).encrypt(bytes(12), b"secret text", None))  # type: ignore[attr-defined]  # the cipher has more than we use
            sealed[-1] ^= 1
            buffer = bytearray(11)
            self.assertRaises(InvalidTag, aead(cipher, b"k" * 32).decrypt_into, bytes(12), sealed, None, buffer)
            self.assertEqual(buffer, b"secret text")

    def test_sessionSaysNoLength(self) -> None:
        """
        A session gives no length for such a message, so there is nothing to look at.
        """
        one, two, _ = ends()
        message = bytearray(seal(one, b"secret"))
        message[-1] ^= 1
        self.assertEqual(opened(two, bytes(message)), FORGED)
