"""
A directory server in simulated time, for the tests of the authority.
"""

from __future__ import annotations

from collections.abc import Coroutine
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, TypeVar

from simulated.membership import entropyFrom, macFrom
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from wand.ethernet import MAC
from wand.events import Event, Events
from wand.interfaces import Candidate, IHookListener, IRecords, Verdict
from wand.sealed.authority.administration import Administration
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.node_requests import NodeRequests
from wand.sealed.authority.stored_network import NetworkSettings
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.member_status import MemberStatus
from wand.sealed.credentials.messages import Admitted, NotNow, Pending, Refused, pack, parse
from wand.sealed.credentials.token import Token
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.joining import joinRequest
from wand.state import StateDirectory
from wand.stores.memory import MemoryRecords
from wand.testing.context import WallClock

Result = TypeVar("Result")
ENDPOINTS = ("192.0.2.1:44444",)


@implementer(IHookListener)
class Approver:
    """
    A hook that answers as it is told.
    """

    def __init__(self, answer: Deferred[bool] | Verdict | bool | Exception) -> None:
        self.answer = answer
        self.asked: list[Candidate] = []

    def told(self, event: Event) -> None:
        return None

    def admit(self, candidate: Candidate) -> Deferred[bool] | Verdict | bool:
        self.asked.append(candidate)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def close(self) -> None:
        return None


class Observer:
    """
    Notes what an authority tells.
    """

    def __init__(self) -> None:
        self.issued: list[bytes] = []
        self.revoked: list[tuple[bytes, bytes]] = []

    def certificateIssued(self, identity: Identity, certificate: bytes) -> None:
        self.issued.append(identity)

    def memberRevoked(self, identity: Identity, revocation: bytes) -> None:
        self.revoked.append((identity, revocation))


class AuthorityCase(SynchronousTestCase):
    """
    A server with an empty store, and as many nodes as a test needs.
    """

    def setUp(self) -> None:
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.wallClock = WallClock(self.clock)
        self.events = Events(self.wallClock)
        self.told: list[Event] = []
        self.events.subscribe(self.told.append)
        self.state = self.directory()
        self.records: IRecords = MemoryRecords()
        self.hooks: list[IHookListener] = []
        self.authority = self.opened()

    @property
    def operator(self) -> Administration:
        return self.authority.administration

    @property
    def requests(self) -> NodeRequests:
        return self.authority.requests

    def directory(self) -> StateDirectory:
        path = mkdtemp()
        self.addCleanup(rmtree, path)
        return StateDirectory(path)

    def now(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return self.successResultOf(Deferred.fromCoroutine(coroutine))  # type: ignore[no-any-return]  # trial has no types

    def failing(self, coroutine: Coroutine[Any, Any, Result], kind: type[Exception]) -> str:
        return str(self.failureResultOf(Deferred.fromCoroutine(coroutine), kind).value)

    def opened(self, state: StateDirectory | None = None, **wish: Any) -> Authority:
        return self.now(self.opening(state, **wish))

    def opening(self, state: StateDirectory | None = None, **wish: Any) -> Coroutine[Any, Any, Authority]:
        return Authority.open(
            self.records,
            state or self.state,
            self.clock,
            self.events,
            NetworkSettings(**wish),
            self.hooks,
            wallClock=self.wallClock,
        )

    def invite(self, **terms: Any) -> Token:
        return self.now(self.operator.invite(ENDPOINTS, **terms))

    def node(self, token: Token, name: str = "alice") -> Enrolment:
        node = Enrolment(self.directory(), self.clock, entropyFrom(name), wallClock=self.wallClock)
        node.begin(Token.parse(token.text))
        return node

    def redeeming(self, node: Enrolment, name: str = "alice", mac: MAC | None = None) -> Coroutine[Any, Any, Any]:
        assert node.token is not None
        join = joinRequest(node.key, node.token, name, mac or macFrom(node.identity.text))
        return self.requests.redeem(join, node.key.exchangePublic, node.token.invitation, "198.51.100.1:22222")

    def redeem(
        self, node: Enrolment, name: str = "alice", mac: MAC | None = None
    ) -> Admitted | Pending | Refused | NotNow:
        answer: Admitted | Pending | Refused | NotNow = self.now(self.redeeming(node, name, mac))
        self.assertEqual(parse(pack(answer)), answer)
        return answer

    def joined(self, token: Token | None = None, name: str = "alice") -> Enrolment:
        node = self.node(token or self.invite(), name)
        answer = self.redeem(node, name)
        assert isinstance(answer, Admitted), answer
        self.assertTrue(node.admitted(answer))
        return node

    def refusal(self, node: Enrolment, **wish: Any) -> str:
        answer = self.redeem(node, **wish)
        assert isinstance(answer, Refused), answer
        return answer.reason

    def membership(self) -> list[tuple[str, str]]:
        return [(member.name, member.state) for member in self.members() if not member.server]

    def members(self, authority: Authority | None = None) -> list[MemberStatus]:
        everybody = (authority or self.authority).administration.members("", 10_000)
        return sorted(everybody, key=lambda member: (member.name, member.key))


async def awaited(deferred: Deferred[Result]) -> Result:
    return await deferred
