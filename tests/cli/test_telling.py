"""
Tests for L{wand.cli.telling} and L{wand.cli.own}.
"""

from __future__ import annotations

import click
from hypothesis import given
from hypothesis import strategies as st
from simulated.memory_members import keyOf
from twisted.trial.unittest import SynchronousTestCase

from wand.cli.own import ownLines
from wand.cli.telling import told
from wand.events import Event
from wand.status import ConflictStatus, OwnStatus, RelayStatus


def telling(kind: str, **fields: str | int | float | bool | None) -> str:
    """
    An event in words, without colours.
    """
    return click.unstyle(told(Event(kind, 0.0, fields)))


class TellingTests(SynchronousTestCase):
    def test_sentences(self) -> None:
        """
        Events about members are sentences, with short keys and where it happened, if that is known.
        """
        key = "0123456789abcdef" * 4
        self.assertEqual(
            telling("member-joined", name="alice", key=key, endpoint="192.0.2.1:1"),
            "member-joined  alice (0123-4567-89ab) is a member, at 192.0.2.1:1",
        )
        self.assertEqual(
            telling("member-joined", name="alice", key=key, endpoint=""),
            "member-joined  alice (0123-4567-89ab) is a member",
        )
        self.assertEqual(
            telling("member-readdressed", name="bob", key=key, old="10.77.0.2/16", new="10.77.0.9/16"),
            "member-readdressed  bob (0123-4567-89ab) now has the address 10.77.0.9/16, and had 10.77.0.2/16",
        )
        self.assertIn("wand approve bob", telling("member-pending", name="bob", key=key, endpoint=""))
        self.assertIn("expired", telling("member-refused", key=key, endpoint="192.0.2.1:1", reason="it has expired"))
        self.assertIn("was revoked", telling("member-revoked", name="bob", key=key))
        self.assertEqual(telling("session-up", peer="bob", endpoint="192.0.2.1:1"), "session-up  bob, at 192.0.2.1:1")
        self.assertEqual(
            telling("claim-conflict", what="mac", value="m", winner="a", winnerKey=key, loser="b", loserKey=key),
            "claim-conflict  mac m: a (0123-4567-89ab) has it, b (0123-4567-89ab) claims it too",
        )

    def test_ways(self) -> None:
        """
        Another way is said in words: where it leads, and why it is taken.
        """
        for endpoint, words in (
            ("192.0.2.1:7", "at 192.0.2.1:7"),
            ("[2001:db8::1]:7", "at [2001:db8::1]:7"),
            ("tcp/192.0.2.1:443", "in a stream at 192.0.2.1:443"),
            ("[tcp/2001:db8::1]:443", "in a stream at [2001:db8::1]:443"),
            ("relay/0123456789abcdef:9", "over the relay 01234567"),
        ):
            said = telling("way-changed", peer="bob", endpoint=endpoint, reason="it answered first")
            self.assertEqual(f"way-changed  bob, {words}: it answered first", said)

    def test_others(self) -> None:
        """
        Events without a sentence, or without the fields of theirs, are told field by field.
        """
        self.assertEqual(telling("entry-added", mac="m", peer="p"), "entry-added  mac=m  peer=p")
        self.assertEqual(telling("member-joined", who="x"), "member-joined  who=x")
        self.assertEqual(telling("stopped"), "stopped")

    @given(st.text(), st.dictionaries(st.text(), st.text() | st.none() | st.booleans() | st.integers()))
    def test_anything(self, kind: str, fields: dict[str, str | int | bool | None]) -> None:
        """
        Whatever an event says, it is one line that does not command the terminal.
        """
        for each in (kind, "member-joined"):
            self.assertTrue(click.unstyle(told(Event(each, 0.0, {"name": "", "key": "", **fields}))).isprintable())

    @given(st.text(), st.text())
    def test_hostileNames(self, name: str, reason: str) -> None:
        """
        Names with braces or control characters are shown, not obeyed.
        """
        self.assertTrue(telling("member-revoked", name=name, key=reason).isprintable())


class OwnTests(SynchronousTestCase):
    def shown(
        self, stage: str = "member", expires: float | None = None, *conflicts: ConflictStatus, refusal: str = ""
    ) -> str:
        """
        What is shown at the time 1000.
        """
        own = OwnStatus(
            stage=stage,
            network="home" if stage == "member" else "",
            networkKey="" if stage == "new" else keyOf("home"),
            cipher="aes-256-gcm",
            name="alice",
            key=keyOf("alice"),
            addresses=["10.77.0.2/16"],
            expires=expires,
            conflicts=list(conflicts),
            refusal=refusal,
        )
        return click.unstyle("\n".join(ownLines(own, 1_000.0)))

    def test_member(self) -> None:
        """
        A member sees its network, its name, its whole key, its addresses, and how long the certificate holds.
        """
        shown = self.shown(expires=1_000.0 + 2 * 86_400)
        for words in ("home (", "aes-256-gcm", "alice", keyOf("alice"), "10.77.0.2/16", "valid for 2 days"):
            self.assertIn(words, shown)
        self.assertNotIn("CONFLICT", shown)

    def test_relaying(self) -> None:
        """
        A relay says how much it has to do; who may be one and is none, what would make it one; others nothing.
        """
        own = OwnStatus("member", "home", keyOf("home"), "aes-256-gcm", "gate", keyOf("gate"), [], None, [], relay=True)
        for relay, words in (
            (RelayStatus(True, 1, 5, 500), "on, 1 channel"),
            (RelayStatus(True, 3, 5, 500), "on, 3 channels"),
            (None, "allowed, and off: relay = true switches it on"),
        ):
            self.assertIn(f"relaying    {words}", click.unstyle("\n".join(ownLines(own, 1_000.0, relay))))
        self.assertNotIn("relaying", self.shown())

    def test_expired(self) -> None:
        """
        An expired certificate is said to be so.
        """
        self.assertIn("expired 5 min ago", self.shown(expires=700.0))

    def test_stages(self) -> None:
        """
        Who is not a member is told what to do.
        """
        self.assertIn("not a member yet: wand join TOKEN-FILE", self.shown("new"))
        self.assertIn("not yet redeemed", self.shown("joining"))
        self.assertIn("something", self.shown("something"))

    def test_refused(self) -> None:
        """
        Who was refused sees that, and not that it only has to join; a member is one as before.
        """
        shown = self.shown("new", refusal="not on a Sunday")
        self.assertIn("not admitted", shown)
        self.assertNotIn("not a member yet", shown)
        self.assertNotIn("not admitted", self.shown("member", refusal="used already"))

    def test_conflicts(self) -> None:
        """
        A conflict is seen at once, with who has it and who does not.
        """
        conflict = ConflictStatus("mac", "02:00:00:00:00:02", "alice", keyOf("alice"), "bob", keyOf("bob"))
        shown = self.shown("member", 2_000.0, conflict)
        self.assertIn("CONFLICTS", shown)
        self.assertRegex(shown, r"mac 02:00:00:00:00:02: alice \(\S+\) has it, bob \(\S+\) claims it too")
