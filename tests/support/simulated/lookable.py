"""
A small directory server of which members are asked, and which remembers what it was asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_address

import attrs
import msgspec

from simulated.members import Person
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.signed import unverified
from wand.sealed.directory.messages import (
    AFTER,
    BY_ADDRESS,
    BY_IDENTITY,
    BY_MAC,
    BY_NAME,
    RELAYS,
    Announce,
    Announced,
    Ask,
    Found,
    Key,
    Look,
    Page,
    PageRecord,
    pack,
    parse,
)

INSTANCE = b"lookable"


@attrs.define
class Listed:
    """
    A member, as the server has it.
    """

    person: Person
    claim: bytes
    endpoints: tuple[str, ...]
    version: int

    @property
    def record(self) -> PageRecord:
        """
        What is said of it.
        """
        return PageRecord(self.person.signedCertificate, self.claim, self.endpoints, 0, self.version)


class LookableServer:
    """
    Answers questions for members, and tells of changes of those that it told of.

    @ivar members: what it has, by identity.
    @ivar size: how many members it says there are; C{None} for as many as there are.
    @ivar isSilent: does it answer nothing?
    @ivar instance: of its log.
    """

    def __init__(self, person: Person) -> None:
        self.person = person
        self.members: dict[bytes, Listed] = {}
        self.size: int | None = None
        self.instance = INSTANCE
        self.isSilent = False
        self.asks: list[Ask] = []
        self.looks: list[Look] = []
        self._versions = 0
        self._told: dict[bytes, set[bytes]] = {}
        self._announced: dict[bytes, Announce] = {}
        self.come()

    def come(self) -> None:
        """
        Start.
        """
        self.sessions = self.person.sessions()
        self.sessions.onControl(self._received)

    @property
    def keys(self) -> list[Key]:
        """
        All that was looked for, without relays.
        """
        return [key for look in self.looks for key in look.keys if key.kind != RELAYS]

    # Its members.

    def has(self, people: Iterable[Person], *, epoch: int = 1, online: bool = True) -> None:
        """
        Have these members, or something new of them, and tell who was told of them before.
        """
        for person in people:
            self._versions += 1
            endpoints = (f"203.0.{epoch % 250}.{person.number % 250 + 1}:22222",) if online else ()
            identity = person.key.identity
            self.members[identity] = Listed(person, person.claim(epoch), endpoints, self._versions)
            things = _thingsOf(person)
            for node, told in self._told.items():
                if identity in told or any(things & _thingsOf(self.members[each].person) for each in told):
                    self._find(node, 0, [self.members[identity]])

    def tellSize(self) -> None:
        """
        Say how many there are, to all who announced themselves.
        """
        for node in tuple(self._announced):
            self._confirm(node)

    # What it is asked.

    def _received(self, peer: bytes, member: object, octets: bytes) -> None:
        message = parse(octets)
        if isinstance(message, Ask):
            self.asks.append(message)
        elif isinstance(message, Look):
            self.looks.append(message)
        if self.isSilent:
            return
        if isinstance(message, Announce):
            self._announced[peer] = message
            self._confirm(peer)
        elif isinstance(message, Ask):
            self._page(peer, message)
        elif isinstance(message, Look) and message.keys:
            self._answer(peer, message)
        elif isinstance(message, Look):
            self._confirm(peer)

    def _confirm(self, node: bytes) -> None:
        said, count = self._announced.get(node), len(self.members) if self.size is None else self.size
        claim = None if said is None else unverified(said.claim, Claim)
        epoch, number = (0, 0) if said is None or claim is None else (claim.epoch, said.number)
        self._send(node, Announced(epoch, number, self.instance, self._versions, count))

    def forgetNodes(self) -> None:
        """
        Have the same members as another process: who announced what, and who was told of whom, is forgotten.
        """
        self._told.clear()
        self._announced.clear()

    def _page(self, node: bytes, ask: Ask) -> None:
        after = ask.after if ask.instance == self.instance else 0
        changed = sorted(
            (each for each in self.members.values() if each.version > after), key=lambda each: each.version
        )
        for number in range(ask.count):
            part, rest = changed[:2], changed[2:]
            isLast = number == ask.count - 1 or not rest
            upto = part[-1].version if rest else self._versions
            raws = tuple(msgspec.Raw(pack(each.record)) for each in part)
            self._send(node, Page(ask.number, isLast, self.instance, after, upto, self._versions, raws))
            after, changed = upto, rest
            if isLast:
                return

    def _answer(self, node: bytes, look: Look) -> None:
        found = [self._found(node, key) for key in look.keys]
        absent = tuple(place for place, each in enumerate(found) if not each)
        entries = {each.person.key.identity: each for row in found for each in row}
        self._find(node, look.number, list(entries.values()), absent)

    def _found(self, node: bytes, key: Key) -> list[Listed]:
        if key.kind == BY_IDENTITY:
            return [self.members[key.what]] if key.what in self.members else []
        if key.kind == AFTER:
            others = sorted(each for each, listed in self.members.items() if listed.endpoints and each != node)
            following = [each for each in others if each > key.what] or others
            return [self.members[following[0]]] if following else []
        if key.kind == RELAYS:
            relays = (each for each in sorted(self.members) if self.members[each].person.certificate.relay)
            return [self.members[each] for each in relays if each > key.what][:2]
        thing = (key.kind, key.what)
        return [each for each in self.members.values() if thing in _thingsOf(each.person)][:4]

    def _find(self, node: bytes, number: int, entries: Sequence[Listed], absent: tuple[int, ...] = ()) -> None:
        self._told.setdefault(node, set()).update(each.person.key.identity for each in entries)
        parts = [entries[at : at + 2] for at in range(0, len(entries), 2)] or [[]]
        for place, part in enumerate(parts, 1):
            isLast, raws = place == len(parts), tuple(msgspec.Raw(pack(each.record)) for each in part)
            self._send(node, Found(number, isLast, self.instance, self._versions, raws, absent if isLast else ()))

    def _send(self, node: bytes, message: Announced | Page | Found) -> None:
        self.sessions.sendControl(node, pack(message))


def _thingsOf(person: Person) -> set[tuple[int, bytes]]:
    said = person.certificate
    addresses = {(BY_ADDRESS, ip_address(each.partition("/")[0]).packed) for each in said.addresses}
    return {(BY_MAC, bytes(each)) for each in said.macs} | addresses | {(BY_NAME, said.name.encode())}
