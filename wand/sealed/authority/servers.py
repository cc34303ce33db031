"""
The servers of a network: each says in the store where nodes reach it, and that it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from wand.interfaces import IRecords
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MemberRecords
from wand.sealed.authority.stored_values import StoredValues
from wand.sealed.credentials.identity import Identity
from wand.sealed.credentials.member_status import ServerStatus
from wand.sealed.credentials.token import TokenServer

#: The kind of our records in a store.
SERVER_KIND: Final = "sealed-server"

#: Seconds after which a server that does not say so any more does not run, as far as others know.
SERVER_SILENCE: Final = 180.0


class ServerRecord(msgspec.Struct, frozen=True):
    """
    A server as it stands in a store, under its identity.

    @ivar endpoints: where nodes reach it.
    @ivar heard: when it said last that it runs, in seconds since the epoch.
    @ivar isStopped: was it stopped in good order?
    """

    endpoints: tuple[str, ...]
    heard: int
    isStopped: bool = False


class Servers:
    """
    Knows the servers of the network.

    @ivar compared: called each time when another server says that it runs, with its identity and by how many seconds
        its clock is ahead of ours.
    """

    def __init__(
        self, own: Identity, members: MemberRecords, records: IRecords, wallClock: Callable[[], float]
    ) -> None:
        """
        @param own: this one.
        @param wallClock: gives the seconds since the epoch.
        """
        self.compared: Callable[[Identity, float], object] = lambda server, ahead: None
        self._observers: list[Callable[[Identity], object]] = []
        self._ahead: dict[bytes, float] = {}
        self._own = own
        self._members = members
        self._stored = StoredValues(records, SERVER_KIND, ServerRecord)
        self._wallClock = wallClock

    def observe(self, observer: Callable[[Identity], object]) -> None:
        """
        Call C{observer} with the identity of each other server that is new, or is reached elsewhere.
        """
        self._observers.append(observer)

    def follow(self) -> None:
        """
        See from now on what others say; to be called before L{load}.
        """
        self._stored.follow(self._heard)

    async def load(self) -> None:
        """
        Read what is in the store.

        @raise wand.errors.StoreUnavailable: if that fails.
        """
        await self._stored.load()

    async def tell(self, endpoints: tuple[str, ...]) -> None:
        """
        Say that this server runs, and where nodes reach it.  While it is the only one that is said once.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        before = self._stored.get(self._own)
        if before is not None and before.endpoints == endpoints and not before.isStopped and len(self._stored) == 1:
            return
        await self._stored.exchange(self._own, before, ServerRecord(endpoints, int(self._wallClock())))

    async def tellStopped(self) -> None:
        """
        Say that this server stops, if there are others.

        @raise wand.errors.StoreUnavailable: if that cannot be stored.
        """
        before = self._stored.get(self._own)
        if before is not None and len(self._stored) > 1:
            await self._stored.exchange(self._own, before, msgspec.structs.replace(before, isStopped=True))

    @property
    def status(self) -> list[ServerStatus]:
        """
        All servers, this one first, then by name.
        """
        found = [self._statusOf(identity, record) for identity, record in self._stored.items()]
        known = [each for each in found if each is not None]
        return sorted(known, key=lambda each: (each.state != "this", each.name, each.key))

    @property
    def others(self) -> list[TokenServer]:
        """
        The other servers that nodes may ask, those first that run.
        """
        listed = [each for each in self.status if each.state in ("running", "silent", "stopped") and each.endpoints]
        listed.sort(key=lambda each: each.state != "running")
        found = [self.get(bytes.fromhex(each.key)) for each in listed]
        return [each for each in found if each is not None]

    @property
    def own(self) -> tuple[TokenServer, ...]:
        """
        This server, as nodes need to know it; empty if it is none, or they cannot reach it.
        """
        found = self.get(self._own)
        return () if found is None else (found,)

    def get(self, identity: bytes) -> TokenServer | None:
        """
        A server, as nodes need to know it; C{None} if it is none that they can reach.
        """
        said, member = self._stored.get(identity), self._members.get(identity)
        if said is None or not said.endpoints or member is None or not _isServer(member):
            return None
        return TokenServer(member.identity, member.exchangeKey, said.endpoints[:8])

    def isRunning(self, identity: bytes) -> bool:
        """
        Did a server say lately that it runs?
        """
        said = self._stored.get(identity)
        return (
            said is not None
            and not said.isStopped
            and self._heardAt(identity, said) + SERVER_SILENCE > self._wallClock()
        )

    def presenceOf(self, identity: bytes) -> tuple[bool, float] | None:
        """
        Does a server run, and when did it say so last, in seconds since the epoch?  C{None} for whoever is none.
        """
        said = self._stored.get(identity)
        return None if said is None else (self.isRunning(identity), self._heardAt(identity, said))

    @property
    def identities(self) -> list[Identity]:
        """
        Who is a server besides this one, or will be once it is certified.
        """
        return [Identity(identity) for identity, _ in self._stored.items() if self._isOther(identity)]

    def _isOther(self, identity: bytes) -> bool:
        member = self._members.get(identity)
        return identity != self._own and (member is None or member.state != "revoked")

    def _heardAt(self, identity: bytes, said: ServerRecord) -> float:
        """
        When a server said that it runs, by our clock.
        """
        return said.heard - self._ahead.get(identity, 0.0)

    def _heard(self, key: bytes, before: ServerRecord | None, after: ServerRecord | None) -> None:
        if self._isOther(key) and before is not None and after is not None and before.heard != after.heard:
            self._ahead[key] = after.heard - self._wallClock()  # it says so just now
            self.compared(Identity(key), self._ahead[key])
        if self._isOther(key) and after is not None and (before is None or before.endpoints != after.endpoints):
            for observer in self._observers:
                observer(Identity(key))

    def _statusOf(self, identity: bytes, record: ServerRecord) -> ServerStatus | None:
        member = self._members.get(identity)
        if member is None or not member.server or member.state == "revoked":
            return None
        status = member.status
        return ServerStatus(
            name=status.name,
            key=status.key,
            short=status.short,
            state=self._stateOf(member, record),
            endpoints=list(record.endpoints),
            heard=round(self._heardAt(identity, record)),
        )

    def _stateOf(self, member: MemberRecord, record: ServerRecord) -> str:
        if member.identity == self._own:
            return "this"
        if member.state != "member":
            return "unsigned"
        if record.isStopped:
            return "stopped"
        return "running" if self.isRunning(member.identity) else "silent"


def _isServer(member: MemberRecord) -> bool:
    return member.server and member.state == "member" and bool(member.certificate)
