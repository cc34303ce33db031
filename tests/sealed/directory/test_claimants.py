"""
Tests for L{wand.sealed.directory.claimants}.
"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.claim import Announcement, Claim
from wand.sealed.directory.claimants import CLAIMANTS_MAXIMUM, Claimants, thingsOf
from wand.sealed.directory.messages import BY_ADDRESS, BY_MAC, BY_NAME

#: Who claims: a member, when it joined, and what it claims of few things.
MEMBERS = st.tuples(
    st.integers(0, 9),
    st.integers(0, 3),
    st.sets(st.integers(0, 3), max_size=2),
    st.sets(st.integers(0, 3), max_size=2),
    st.integers(0, 2),
)


def announcementOf(who: int, since: int, macs: set[int], addresses: set[int], name: int) -> Announcement:
    identity = bytes([who]) * 32
    things = (
        tuple(bytes([2, 0, 0, 0, 0, each]) for each in macs),
        tuple(f"{'10.77.0.' if each % 2 else 'fd00::'}{each + 1}/16" for each in addresses),
    )
    certificate = Certificate(bytes(32), identity, bytes(32), 0, f"n{name}", things[1], things[0], False, since, 9, 99)
    return Announcement(certificate, Claim(bytes(32), identity, 1, *things, f"n{name}"), b"", b"")


class ClaimantsTests(SynchronousTestCase):
    """
    L{Claimants}.
    """

    def test_kinds(self) -> None:
        """
        A thing is found as it stands in a question: addresses without the length of the prefix.
        """
        said = announcementOf(1, 0, {5}, {1, 2}, 7)
        claimants = Claimants(lambda identity: said.seniority)
        claimants.add(said.identity, said)
        for kind, what in (
            (BY_MAC, bytes([2, 0, 0, 0, 0, 5])),
            (BY_ADDRESS, bytes([10, 77, 0, 2])),
            (BY_ADDRESS, b"\xfd" + bytes(14) + b"\x03"),
            (BY_NAME, b"n7"),
        ):
            self.assertEqual(claimants.of(kind, what), [b"\x01" * 32])
        self.assertEqual([claimants.of(kind, b"n7") for kind in (BY_MAC, BY_ADDRESS, 0, 4, 99)], [[]] * 5)

    @settings(deadline=None, max_examples=60)
    @given(st.lists(st.tuples(st.booleans(), MEMBERS), max_size=40))
    def test_theMostSeniorAreFound(self, steps: list[tuple[bool, tuple[int, int, set[int], set[int], int]]]) -> None:
        """
        Whatever comes and goes, of each thing the most senior claimants are found, in their order.
        """
        model = dict[int, Announcement]()
        claimants = Claimants(lambda identity: model[identity[0]].seniority)
        for comes, member in steps:
            before = model.pop(member[0], None)
            if before is not None:
                claimants.remove(before)
            if comes:
                model[member[0]] = announcementOf(*member)
                claimants.add(model[member[0]].identity, model[member[0]])
        things = {thing for each in model.values() for thing in thingsOf(each)}
        for thing in things:
            claim = sorted(
                (each for each in model.values() if thing in thingsOf(each)), key=lambda each: each.seniority
            )
            self.assertEqual(claimants.of(*thing), [each.identity for each in claim[:CLAIMANTS_MAXIMUM]])
        shared = [thing for thing in things if sum(thing in thingsOf(each) for each in model.values()) > 1]
        self.assertEqual(claimants.contested, len(shared))
        for each in model.values():
            claimants.remove(each)
        self.assertFalse(any(claimants.of(*thing) for thing in things))
