"""
Tests for the commands about members on the control socket, client against program, over a connection in memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, TypeVar

import msgspec
from control_case import ControlCase
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated.memory_members import keyOf, memberNamed
from twisted.internet.defer import Deferred
from twisted.protocols.amp import AmpBox
from twisted.trial.unittest import SynchronousTestCase

from wand.control.commands import InternalFault, RequestMalformed, TooBusy
from wand.control.documents import DOCUMENTS_MAXIMUM, PART_SIZE, Documents
from wand.control.locator import PAGE_MEMBERS, UNDER_WAY_MAXIMUM
from wand.errors import MembershipRefused, NoSuchMember, NotSupported, TokenInvalid
from wand.status import ProgramStatus, SeenStatus

Result = TypeVar("Result")


class MembershipTestCase(ControlCase):
    """
    A program that can be made to answer later.
    """

    def delayJoins(self) -> list[Deferred[None]]:
        """
        Let the program answer a C{join} only when the Deferred of it fires.
        """
        waiting: list[Deferred[None]] = []

        async def join(token: str, addresses: Sequence[str]) -> None:
            waiting.append(Deferred())
            await waiting[-1]

        self.program.join = join  # type: ignore[method-assign] # a program that takes its time
        return waiting


async def listed(pages: AsyncIterator[Result]) -> list[Result]:
    return [item async for item in pages]


class MembersTests(MembershipTestCase):
    def test_join(self) -> None:
        """
        The token reaches the program, and what is none is refused.
        """
        self.ask(self.client.join("wand1.abc"))
        self.assertEqual(self.program.tokens, ["wand1.abc"])
        self.assertIn("not an invitation", self.refused(self.client.join("abc"), TokenInvalid))

    def test_invitations(self) -> None:
        """
        Invitations are made as the client says, listed whatever their number, and withdrawn.
        """
        for number in range(1_200):
            self.ask(self.client.invite(["a:1"], 3, 60, f"n{number}", bridge=True, approval=True))
        found = self.ask(listed(self.client.invitations()))
        self.assertEqual(found, sorted(self.program.invitations(), key=lambda each: each.invitation))
        self.assertEqual((found[0].uses, found[0].expires), (3, self.clock.seconds() + 60))
        self.assertTrue(found[0].bridge and found[0].approval)
        self.assertEqual(self.program.endpoints, ["a:1"])
        self.ask(self.client.withdraw(found[0].invitation))
        self.assertEqual(len(self.ask(listed(self.client.invitations()))), 1_199)
        self.refused(self.client.withdraw(found[0].invitation), NoSuchMember)

    def test_defaults(self) -> None:
        """
        An invitation of which nothing is said is for one node and a day.
        """
        token = self.ask(self.client.invite())
        [invited] = self.program.invitations()
        self.assertEqual((invited.uses, invited.expires), (1, self.clock.seconds() + 86_400))
        self.assertIn(invited.invitation, token)

    def test_badInvitations(self) -> None:
        """
        What the program does not make, and what lasts for no time, is refused.
        """
        self.refused(self.client.invite(uses=5_000), MembershipRefused)
        for lifetime in (0.0, -1.0, float("nan"), float("inf")):
            self.refused(self.client.invite(lifetime=lifetime), RequestMalformed)

    def test_tenThousandMembers(self) -> None:
        """
        Ten thousand members arrive whole, in the order of their keys; each page fits, whatever the octets.
        """
        addresses = ["2001:db8:1111:2222:3333:4444:5555:6666/128"] * 4
        for number in range(10_000):
            self.program.enlist(msgspec.structs.replace(memberNamed(f"n{number}"), addresses=addresses))
        found = self.ask(listed(self.client.members()))
        self.assertEqual([each.key for each in found], sorted(self.program.listed))
        self.assertEqual(found[0].addresses, addresses)

    def test_changes(self) -> None:
        """
        Members are approved, renamed and revoked by name or key; the answer is how they are then.
        """
        self.program.enlist(memberNamed("bob", "pending"))
        self.assertEqual(self.ask(self.client.approve("bob")).state, "member")
        self.assertEqual(self.ask(self.client.rename(keyOf("bob"), "robert")).name, "robert")
        self.assertEqual(self.ask(self.client.revoke("robert")).state, "revoked")
        self.assertIn("does not wait", self.refused(self.client.approve("robert"), MembershipRefused))
        self.assertIn("no member nobody", self.refused(self.client.revoke("nobody"), NoSuchMember))

    def test_statusCarriesMembership(self) -> None:
        """
        How the program stands in its network is part of its status.
        """
        self.program.enter("member")
        status: ProgramStatus = self.ask(self.client.status())
        self.assertEqual(status.own, self.program.own)

    def test_notSupported(self) -> None:
        """
        A program without members says so.
        """

        async def revoke(nameOrKey: str) -> Any:
            raise NotSupported("a node has no members")

        self.program.revoke = revoke  # type: ignore[method-assign] # a program of another kind
        self.assertEqual(self.refused(self.client.revoke("x"), NotSupported), "a node has no members")


class LaterTests(MembershipTestCase):
    def test_answersLater(self) -> None:
        """
        What the program takes its time for is answered when it is done; other commands are answered meanwhile.
        """
        [waiting, asked] = self.delayJoins(), self.start(self.client.join("wand1.a"))
        self.assertNoResult(asked)
        self.ask(self.client.status())
        waiting[0].callback(None)
        self.pump.flush()
        self.successResultOf(asked)

    def test_tooManyUnderWay(self) -> None:
        """
        Beyond a number of commands that are under way, more are refused and counted, until some are answered.
        """
        waiting = self.delayJoins()
        asked = [self.start(self.client.join("wand1.a")) for _ in range(UNDER_WAY_MAXIMUM)]
        self.refused(self.client.join("wand1.a"), TooBusy)
        self.refused(self.client.status(), TooBusy)
        self.assertEqual(self.program.counters["drop-control-busy"], 2)
        waiting[0].errback(MembershipRefused("no"))
        self.pump.flush()
        self.failureResultOf(asked[0], MembershipRefused)
        self.ask(self.client.status())
        self.assertEqual(len(waiting), UNDER_WAY_MAXIMUM)
        for each in waiting[1:]:
            each.callback(None)
        self.pump.flush()

    def test_failsAfterTheConnection(self) -> None:
        """
        What succeeds or fails when the client is gone disturbs nobody, and is not a malformed request.
        """
        waiting = self.delayJoins()
        asked = [self.start(self.client.join("wand1.a")) for _ in range(2)]
        self.client.close()
        self.pump.flush()
        for each in asked:
            self.failureResultOf(each)
        waiting[0].errback(MembershipRefused("no"))
        waiting[1].callback(None)
        self.assertEqual(self.program.counters["drop-control-malformed"], 0)
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_faultAfterAwhile(self) -> None:
        """
        A fault of the program that shows later is a sentence for the client and a traceback in the log.
        """
        [waiting, asked] = self.delayJoins(), self.start(self.client.join("wand1.a"))
        waiting[0].errback(KeyError("a fault"))
        self.pump.flush()
        self.failureResultOf(asked, InternalFault)
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)
        self.ask(self.client.status())


class TravellingTests(MembershipTestCase):
    def test_requests(self) -> None:
        """
        The document of the requests arrives whole, whatever its size.
        """
        for size in (0, 1, PART_SIZE - 1, PART_SIZE, PART_SIZE + 1, 3_000_000):
            self.program.document = bytes(range(256)) * (size // 256) + bytes(size % 256)
            self.assertEqual(self.ask(self.client.requests()), self.program.document)

    def test_requestsChangeMeanwhile(self) -> None:
        """
        The parts are of one document, also if there is another by then.
        """
        before = self.program.document = b"a" * 3 * PART_SIZE
        calls: list[bytes] = []

        def requests() -> bytes:
            calls.append(self.program.document)
            self.program.document = b"b" * 5 * PART_SIZE
            return calls[-1]

        self.program.requests = requests  # type: ignore[method-assign] # a program that changes
        self.assertEqual(self.ask(self.client.requests()), before)
        self.assertEqual(len(calls), 1)

    def test_import(self) -> None:
        """
        A document of signatures arrives whole, whatever its size, and the client is told what was taken.
        """
        for size in (0, 1, PART_SIZE, PART_SIZE + 1, 3_000_000):
            self.program.imported.clear()
            document = b"\n" * size
            self.assertEqual(self.ask(self.client.importSignatures(document)), size)
            self.assertEqual(self.program.imported, [document])

    def test_importIsRefused(self) -> None:
        """
        A document that the program refuses is refused, and the next is taken.
        """
        take = self.program.importSignatures

        async def importSignatures(document: bytes) -> int:
            if not document:
                raise MembershipRefused("the document cannot be read")
            return await take(document)

        self.program.importSignatures = importSignatures  # type: ignore[method-assign] # a program that is strict
        self.refused(self.client.importSignatures(b""), MembershipRefused)
        self.assertEqual(self.ask(self.client.importSignatures(b"\n")), 1)

    def test_forgottenWithTheConnection(self) -> None:
        """
        A document that is half there is forgotten when the client goes.
        """
        self.program.document = b"a" * 3 * PART_SIZE
        server = self.pump.serverIO.protocol
        client = self.client._connection
        client.callRemoteString(b"ImportSignatures", offset=b"0", part=b"a" * 1000, more=b"True")
        client.callRemoteString(b"SignatureRequests", offset=b"0")
        self.pump.flush()
        self.assertEqual(server._responders.documents.size, 3 * PART_SIZE + 1000)
        self.client.close()
        self.pump.flush()
        self.assertEqual(server._responders.documents.size, 0)

    @settings(max_examples=50)
    @given(
        st.sampled_from([b"ImportSignatures", b"SignatureRequests", b"Invite", b"Members", b"Revoke", b"Join"]),
        st.dictionaries(
            st.sampled_from(
                [b"offset", b"part", b"more", b"uses", b"lifetime", b"name", b"endpoints", b"token", b"nameOrKey"]
            ),
            st.binary(max_size=20) | st.sampled_from([b"0", b"-1", b"True", b"[]", b"1e999", b"9" * 5_000]),
        ),
    )
    def test_anyBox(self, command: bytes, box: dict[bytes, bytes]) -> None:
        """
        Whatever a box holds, nothing is raised and nothing is logged as a failure.
        """
        self.pump.serverIO.protocol.dataReceived(AmpBox(box, _command=command).serialize())
        self.assertEqual(self.flushLoggedErrors(), [])


class DocumentsTests(SynchronousTestCase):
    def setUp(self) -> None:
        """
        Have nothing under way.
        """
        self.documents = Documents()

    def refused(self, offset: int, part: bytes) -> None:
        """
        Check that a part is refused, and that what came before is forgotten.
        """
        self.assertRaises(RequestMalformed, self.documents.receive, offset, part)
        self.assertEqual(self.documents.size, 0)

    def test_wrongParts(self) -> None:
        """
        A part that is not the next one is refused; the document has to come again from its begin.
        """
        for offset in (-1, 1, 4, 10**30):
            self.documents.receive(0, b"abc")
            self.refused(offset, b"d")
        self.documents.receive(0, b"abc")
        self.documents.receive(3, b"d")
        with self.documents.received() as document:
            self.assertEqual(document, b"abcd")

    def test_noSuchPart(self) -> None:
        """
        A part beyond the document, or of one that was handed over or never made, is refused.
        """
        for offset in (1, -1, 10**30):
            self.assertRaises(RequestMalformed, self.documents.part, offset, lambda: b"abc")
        self.assertEqual(self.documents.part(0, lambda: b"abc"), (b"abc", 3))
        self.assertRaises(RequestMalformed, self.documents.part, 1, lambda: b"abc")
        self.assertEqual(self.documents.size, 0)

    def test_bound(self) -> None:
        """
        All documents of a connection together have a bound; one that somebody works with counts until it is done.
        """
        self.documents.receive(0, bytes(DOCUMENTS_MAXIMUM - 10))
        self.assertRaises(RequestMalformed, self.documents.part, 0, lambda: bytes(11))
        with self.documents.received():
            self.assertEqual(self.documents.size, DOCUMENTS_MAXIMUM - 10)
            self.assertRaises(RequestMalformed, self.documents.receive, 0, bytes(11))
            self.documents.receive(0, bytes(10))
        self.assertEqual(self.documents.size, 10)
        self.documents.drop()
        self.assertEqual(self.documents.size, 0)


class SeenTests(ControlCase):
    def test_seenMembersComePageByPage(self) -> None:
        """
        However many members a program sees, a client gets each of them once, in the order of their keys.
        """
        self.program.known = [
            SeenStatus(
                f"m{number}", keyOf(str(number)), ["10.77.0.9/16"], ["02:00:00:00:00:09"], online=True, seen=None
            )
            for number in range(PAGE_MEMBERS * 2 + 1)
        ]
        found = self.ask(listed(self.client.seen()))
        self.assertEqual(found, sorted(self.program.known, key=lambda each: each.key))
