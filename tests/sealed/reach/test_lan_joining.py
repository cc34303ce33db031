"""
Tests for L{wand.sealed.reach.lan_joining}: an invitation is enough to find its maker on a link.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import attrs
from hypothesis import given
from hypothesis import strategies as st
from simulated.membership import entropyFrom, octetsFrom
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from wand.endpoint import Endpoint
from wand.sealed.credentials.identity import NodeKey
from wand.sealed.credentials.signed import signature
from wand.sealed.credentials.token import Token
from wand.sealed.reach.lan_joining import (
    INVITATIONS_MAXIMUM,
    PLACES_MAXIMUM,
    JoinQuestion,
    LanGuest,
    LanHost,
    sealOf,
)
from wand.sealed.reach.lan_links import LanLinks
from wand.testing.links import SimulatedLink, SimulatedLinkPort

NETWORK = b"N" * 32
MAKER = NodeKey.fromSeed(octetsFrom("maker"))
TOKEN = Token(NETWORK, MAKER.identity, b"E" * 32, ("198.51.100.1:9",), b"i" * 16, b"S" * 32, "aes-256-gcm", (), True)

SIGN = partial(signature, MAKER.signing)


@attrs.define
class Speaker:
    """
    Somebody on the link who answers as a host does.
    """

    host: LanHost
    heardCount: int = 0
    port: SimulatedLinkPort = attrs.field(init=False)

    def heard(self, datagram: bytes, sender: tuple[str, int]) -> None:
        self.heardCount += 1
        answer = self.host.answer(datagram, NETWORK)
        if answer is not None:
            self.port.answer(answer, sender)


class Ours(LanLinks):
    """
    One link.
    """

    def __init__(self) -> None:
        super().__init__("0.0.0.0", lambda: (), lambda host: True)

    def sources(self) -> list[tuple[int, str]]:
        return [(1, "192.0.2.2")]


class LanJoiningTests(SynchronousTestCase):
    """
    Tests for a guest and a host on one link.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.link = SimulatedLink(self.clock)
        self.secrets = [TOKEN.secret]
        self.speaker = Speaker(LanHost(lambda: self.secrets, 4711, entropyFrom("host"), SIGN))
        self.speaker.port = self.link.host(1, "192.0.2.1").open(self.speaker)
        self.speaker.port.join(1, "192.0.2.1")
        self.found: list[Endpoint] = []
        self.guest = LanGuest(
            self.link.host(1, "192.0.2.2"), Ours(), lambda host: host != "10.77.0.1", entropyFrom("guest")
        )
        self.addCleanup(self.guest.stop)

    def ask(self, token: Token = TOKEN) -> None:
        self.guest.ask(token, self.found.append)
        self.clock.pump([0.01] * 5)

    def test_found(self) -> None:
        """
        Whoever has the invitation is told where its maker is.
        """
        self.ask()
        self.assertEqual(self.found, [Endpoint("192.0.2.1", 4711)])

    def test_anotherInvitation(self) -> None:
        """
        Nobody answers who did not make the invitation, or once it cannot be redeemed.
        """
        self.secrets[:] = [b"T" * 32]
        self.ask()
        self.secrets.clear()
        self.ask()
        self.assertEqual((self.found, self.speaker.heardCount), ([], 2))

    def test_manyInvitations(self) -> None:
        """
        Only the latest are tried, so that a stranger's datagram costs little.
        """
        tried: list[bytes] = []

        def secrets() -> Iterator[bytes]:
            for number in range(1, 200):
                tried.append(bytes([number]) * 32)
                yield tried[-1]

        host = LanHost(secrets, 4711, entropyFrom("host"), SIGN)
        self.assertIsNone(host.answer(bytes(1232), NETWORK))
        self.assertEqual(len(host._seals), INVITATIONS_MAXIMUM)

    def test_recorded(self) -> None:
        """
        An answer that somebody recorded says nothing to whoever asks later.
        """
        self.ask()
        [answer] = [each for each in self.link.spoken if not each.isQuestion]
        self.guest.stop()
        self.link.drop = lambda spoken: not spoken.isQuestion
        self.ask()
        self.guest.heard(answer.datagram, answer.sender)
        self.assertEqual(len(self.found), 1)

    def test_sentOn(self) -> None:
        """
        An answer that somebody sends on from elsewhere leads to a few places at most, and to none of the overlay; and
        to none once two questions were asked since.
        """
        self.ask()
        [answer] = [each for each in self.link.spoken if not each.isQuestion]
        self.guest.heard(answer.datagram, ("10.77.0.1", 9))
        self.assertEqual(len(self.found), 1)
        for number in range(20):
            self.guest.heard(answer.datagram, (f"198.51.100.{number}", 9))
            self.guest.heard(answer.datagram, (f"198.51.100.{number}", 9))
        self.assertEqual(len(self.found), PLACES_MAXIMUM)
        self.ask()
        self.ask()
        count = len(self.found)
        self.guest.heard(answer.datagram, ("198.51.100.99", 9))
        self.assertEqual(len(self.found), count)

    def test_whoElseHasTheInvitation(self) -> None:
        """
        Only the maker of an invitation, which it names, can answer: another who has it too takes no place from it,
        from however many addresses it answers, and whenever it does.
        """
        other = NodeKey.fromSeed(octetsFrom("other"))
        rival = LanHost(lambda: self.secrets, 9, entropyFrom("rival"), partial(signature, other.signing))
        self.ask()
        [question] = [each for each in self.link.spoken if each.isQuestion]
        answer = rival.answer(question.datagram, NETWORK)
        assert answer is not None
        for number in range(20):
            self.guest.heard(answer, (f"198.51.100.{number}", 9))
        self.assertEqual(self.found, [Endpoint("192.0.2.1", 4711)])

    def test_sentOnLater(self) -> None:
        """
        Whoever sends on the maker's answer to the question before takes no place of the answers to the next one.
        """
        self.ask()
        [answer] = [each for each in self.link.spoken if not each.isQuestion]
        self.link.drop = lambda spoken: not spoken.isQuestion
        self.ask()
        for number in range(20):
            self.guest.heard(answer.datagram, (f"198.51.100.{number}", 9))
        late = [each for each in self.link.spoken if not each.isQuestion][-1]
        self.guest.heard(late.datagram, ("192.0.2.7", 9))
        self.assertEqual(self.found[-1], Endpoint("192.0.2.7", 4711))

    def test_late(self) -> None:
        """
        The answer to the question before still counts.
        """
        self.link.drop = lambda spoken: not spoken.isQuestion
        self.ask()
        [answer] = [each for each in self.link.spoken if not each.isQuestion]
        self.secrets.clear()
        self.ask()
        self.guest.heard(answer.datagram, answer.sender)
        self.assertEqual(self.found, [Endpoint("192.0.2.1", 4711)])

    def test_stopped(self) -> None:
        """
        Once it does not look any more, nothing is heard.
        """
        self.ask()
        self.guest.stop()
        self.guest.heard(bytes(1232), ("192.0.2.1", 1))
        self.assertEqual(len(self.found), 1)

    @given(st.binary(max_size=1300))
    def test_anything(self, octets: bytes) -> None:
        """
        Whatever is heard, and whatever is sealed with the right key, does no harm.
        """
        seal = sealOf(TOKEN.secret, NETWORK)
        sealed = seal.sealed(JoinQuestion(octets[:16]), entropyFrom("anything"))
        host = LanHost(lambda: [TOKEN.secret], 4711, entropyFrom("host"), SIGN)
        host.answer(octets, NETWORK)
        answer = host.answer(sealed, NETWORK)
        self.assertEqual(answer is not None, len(octets) >= 16)
        self.guest.heard(octets, ("192.0.2.1", 1))
