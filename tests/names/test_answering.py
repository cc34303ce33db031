"""
Tests for L{wand.names.answering} and L{wand.names.member_names}.
"""

from __future__ import annotations

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.defer import Deferred
from twisted.names import dns
from twisted.trial.unittest import SynchronousTestCase

from wand.counters import Counters
from wand.names.answering import ANSWER_MAXIMUM, Answering
from wand.names.domain import Domain
from wand.names.member_names import WAITING_MAXIMUM, MemberNames

ALICE, BOB = b"a" * 32, b"b" * 32


class FakeSearch:
    """
    Everybody is known, or nobody is before somebody answers.
    """

    def __init__(self) -> None:
        self.isPartial = False
        self.asked: list[tuple[str, object, Deferred[bool]]] = []

    def find(self, kind: str, what: object) -> Deferred[bool]:
        """
        Remember the question.
        """
        answer: Deferred[bool] = Deferred()
        self.asked.append((kind, what, answer))
        return answer


class FakeClaims:
    """
    A few members.
    """

    def __init__(self) -> None:
        self.members: dict[bytes, tuple[str, tuple[str, ...]]] = {
            ALICE: ("alice", ("10.77.0.1/16", "fd00:1::1/64")),
            BOB: ("bob", ("10.77.0.2/16",)),
        }

    def ownerOf(self, kind: str, what: object) -> bytes | None:
        """
        Who has a name or an address.
        """
        for identity, (name, addresses) in self.members.items():
            if what == name if kind == "name" else what in [each.partition("/")[0] for each in addresses]:
                return identity
        return None

    def announcement(self, identity: bytes) -> object:
        """
        What a member claims.
        """
        name, addresses = self.members[identity]
        return SimpleNamespace(claim=SimpleNamespace(name=name, addresses=addresses))


class AnsweringCase(SynchronousTestCase):
    """
    A node that answers.
    """

    def setUp(self) -> None:
        """
        Two members.
        """
        self.claims, self.search, self.counters = FakeClaims(), FakeSearch(), Counters()
        self.isMember = True
        domain = Domain("home.wand", ["10.77.0.0/16", "fd00:1::/64"])
        names = MemberNames(SimpleNamespace(claims=self.claims), self.search)  # type: ignore[arg-type]
        self.answering = Answering(names, lambda: domain, lambda: self.isMember, self.counters)

    def begun(self, octets: bytes) -> Deferred[bytes | None]:
        """
        Ask, and do not wait.
        """
        return Deferred.fromCoroutine(self.answering.answer(octets))

    def asked(self, name: str, type: int = dns.A, **more: int) -> dns.Message:
        """
        Ask for a name.
        """
        answer = self.successResultOf(self.begun(question(name, type, **more)))
        assert answer is not None
        message = dns.Message()
        message.fromStr(answer)
        return message

    def texts(self, name: str, type: int = dns.A) -> list[str]:
        """
        The records of an answer.
        """
        found = []
        for each in self.asked(name, type).answers:
            payload = each.payload
            found.append(
                str(payload.name) if type == dns.PTR else payload.dottedQuad() if type == dns.A else str(payload)
            )
        return found


def question(name: str, type: int = dns.A, cls: int = dns.IN, opCode: int = 0, answer: int = 0) -> bytes:
    """
    A question, as a resolver asks it.
    """
    message = dns.Message(id=7, opCode=opCode, answer=answer, recDes=1)
    message.addQuery(name.encode(), type, cls)
    return message.toStr()


class AnswerTests(AnsweringCase):
    """
    What is answered.
    """

    def test_addresses(self) -> None:
        """
        A member's name has its addresses, and their names are its own.
        """
        self.assertEqual(self.texts("alice.home.wand"), ["10.77.0.1"])
        self.assertIn("fd00:1::1", self.texts("alice.home.wand", dns.AAAA)[0])
        self.assertEqual(self.texts("2.0.77.10.in-addr.arpa", dns.PTR), ["bob.home.wand"])
        self.assertEqual(len(self.asked("alice.home.wand", dns.ALL_RECORDS).answers), 2)

    def test_caseDoesNotCount(self) -> None:
        """
        The question comes back as it was written, whatever its case.
        """
        answer = self.asked("ALICE.Home.wAnd")
        self.assertEqual(len(answer.answers), 1)
        self.assertEqual(answer.queries[0].name.name, b"ALICE.Home.wAnd")

    def test_weSpeakForTheDomain(self) -> None:
        """
        Answers are authoritative; recursion is not available.
        """
        answer = self.asked("alice.home.wand")
        self.assertTrue(answer.auth)
        self.assertFalse(answer.recAv)
        self.assertEqual(self.asked("home.wand", dns.SOA).answers[0].type, dns.SOA)

    def test_nobody(self) -> None:
        """
        Of whom nobody knows there is no such name; of an address that somebody lacks there is only no record.
        """
        for name in ("carol.home.wand", "x.alice.home.wand", "9.0.77.10.in-addr.arpa"):
            answer = self.asked(name)
            self.assertEqual((answer.rCode, answer.answers, len(answer.authority)), (dns.ENAME, [], 1))
        for name in ("bob.home.wand", "0.77.10.in-addr.arpa", "home.wand"):
            answer = self.asked(name, dns.AAAA)
            self.assertEqual((answer.rCode, answer.answers, len(answer.authority)), (dns.OK, [], 1))

    def test_othersNames(self) -> None:
        """
        For every other name, class and transfer there is a refusal, with nothing in it.
        """
        for message in (
            self.asked("example.org"),
            self.asked("1.2.0.192.in-addr.arpa", dns.PTR),
            self.asked("alice.home.wand", cls=dns.CH),
            self.asked("home.wand", dns.AXFR),
            self.asked(""),
        ):
            self.assertEqual((message.rCode, message.answers, message.authority), (dns.EREFUSED, [], []))
        self.assertEqual(self.counters["names-refused"], 5)

    def test_whoIsNoMemberKnowsNothing(self) -> None:
        """
        A node that was revoked refuses.
        """
        self.isMember = False
        self.assertEqual(self.asked("alice.home.wand").rCode, dns.EREFUSED)

    def test_changesAreSeenAtOnce(self) -> None:
        """
        A name and an address count as soon as they are claimed, and answers hold for a second.
        """
        self.claims.members[ALICE] = ("anna", ("10.77.0.9/16",))
        self.assertEqual(self.texts("anna.home.wand"), ["10.77.0.9"])
        self.assertEqual(self.asked("alice.home.wand").rCode, dns.ENAME)
        self.assertEqual(self.asked("anna.home.wand").answers[0].ttl, 1)

    def test_otherMessages(self) -> None:
        """
        Other operations are not implemented; answers are not answered, so no two programs go on for ever.
        """
        self.assertEqual(self.asked("home.wand", opCode=4).rCode, dns.ENOTIMP)
        self.assertIsNone(self.successResultOf(self.begun(question("home.wand", answer=1))))
        self.assertEqual(self.counters["drop-names-malformed"], 1)


class LookingTests(AnsweringCase):
    """
    In a large network.
    """

    def setUp(self) -> None:
        """
        Not everybody is known.
        """
        super().setUp()
        self.search.isPartial = True

    def test_membersAreLookedFor(self) -> None:
        """
        A name waits until its member is found; what cannot be a name is not looked for.
        """
        answer = self.begun(question("carol.home.wand"))
        self.assertNoResult(answer)
        [(kind, what, found)] = self.search.asked
        self.assertEqual((kind, what), ("name", "carol"))
        self.claims.members[b"c" * 32] = ("carol", ("10.77.0.3/16",))
        found.callback(True)
        message = dns.Message()
        message.fromStr(self.successResultOf(answer) or b"")
        self.assertEqual(message.answers[0].payload.dottedQuad(), "10.77.0.3")
        self.assertEqual(self.asked("_no_name.home.wand").rCode, dns.ENAME)
        self.assertEqual(self.asked("alice.home.wand").rCode, dns.OK)

    def test_fewWait(self) -> None:
        """
        Beyond some questions that wait others are told to come again, until one of them has an answer.
        """
        for number in range(WAITING_MAXIMUM):
            self.assertNoResult(self.begun(question(f"nobody{number}.home.wand")))
        self.assertEqual(self.asked("carol.home.wand").rCode, dns.ESERVER)
        self.assertEqual(self.counters["drop-names-busy"], 1)
        self.search.asked[0][2].callback(False)
        self.assertNoResult(self.begun(question("carol.home.wand")))


class GarbageTests(AnsweringCase):
    """
    Anything may come.
    """

    @given(st.binary(max_size=600))
    def test_anything(self, octets: bytes) -> None:
        """
        Any octets get one short answer or none, and raise nothing.
        """
        self._answered(octets)

    @given(st.binary(max_size=500), st.sampled_from([b"", b"\xc0\x0c", b"\x05alice\x04home\x04wand\0"]))
    def test_behindAHeader(self, octets: bytes, name: bytes) -> None:
        """
        The same behind the header of one question.
        """
        self._answered(b"\0\7\1\0\0\1\0\0\0\0\0\0" + name + octets)

    @given(st.lists(st.text(st.characters(codec="latin-1"), min_size=1, max_size=63), max_size=4))
    def test_anyLabels(self, labels: list[str]) -> None:
        """
        Labels may have anything in them.
        """
        wire = b"".join(bytes([len(each)]) + each.encode("latin-1") for each in labels)
        self._answered(b"\0\7\1\0\0\1\0\0\0\0\0\0" + wire + b"\4home\4wand\0\0\1\0\1")

    def _answered(self, octets: bytes) -> None:
        answer = self.successResultOf(self.begun(octets))
        if answer is not None:
            self.assertLessEqual(len(answer), ANSWER_MAXIMUM)
            self.assertEqual(answer[:2], octets[:2])
            self.assertTrue(answer[2] & 0x80)
