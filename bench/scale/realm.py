"""
A network with thousands of members, written into the store of a server before it starts.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from hashlib import sha256
from ipaddress import ip_address
from pathlib import Path
from typing import Final, TypeVar

import attrs
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from wand.events import Events
from wand.interfaces import IRecords
from wand.programs.store_settings import SQLITE
from wand.sealed.authority.address_assignments import ADDRESS_KIND
from wand.sealed.authority.authority import Authority
from wand.sealed.authority.mac_assignments import MAC_KIND
from wand.sealed.authority.member_record import MemberRecord
from wand.sealed.authority.member_records import MEMBER_KIND
from wand.sealed.authority.name_assignments import NAME_KIND
from wand.sealed.authority.stored_network import NetworkSettings
from wand.sealed.credentials.claim import Claim
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.signed import packed, signed
from wand.sealed.directory.stored_log import DIRECTORY_KIND, StoredEntry
from wand.sealed.sessions.packets import macKey
from wand.state import StateDirectory
from wand.stores.sqlite import SQLiteRecords
from wand.worker import SameThread

#: Room for a hundred thousand members.
PREFIX: Final = "10.64.0.0/12"

#: How many records are written at a time.
_AT_ONCE: Final = 5000

#: Seconds for which certificates are valid: none is renewed while we measure.
LIFE: Final = 30 * 86_400

Result = TypeVar("Result")


@attrs.frozen
class Papers:
    """
    What a member has.

    @ivar certificate: signed.
    """

    key: NodeKey
    record: MemberRecord
    network: bytes

    @property
    def certificate(self) -> bytes:
        """
        As the network signed it.
        """
        return self.record.certificate

    def claim(self, epoch: int) -> bytes:
        """
        A signed claim of everything that the certificate allows.
        """
        record = self.record
        return signed(
            self.key.signing,
            Claim(self.network, record.identity, epoch, record.macs, record.addresses, record.name),
        )


@attrs.frozen
class Realm:
    """
    A network.

    @ivar secret: the network secret.
    @ivar serverKey: the exchange key of its server.
    @ivar serverMacKey: what members prove with that they know it.
    @ivar numbers: the number of each member by its signed certificate.
    """

    network: bytes
    secret: bytes
    serverKey: bytes
    serverMacKey: bytes
    members: list[Papers]
    numbers: dict[bytes, int]


def foundRealm(state: Path, count: int, *, isListed: bool = False) -> Realm:
    """
    Make the state directory of a server whose network has so many members.

    @param isListed: does the server's directory have them too?  None of them is online then.
    """
    directory = StateDirectory(str(state))
    records = SQLiteRecords(state / SQLITE, SameThread(""))
    authority = _opened(records, directory)
    key = NetworkKey.kept(directory)
    assert key is not None
    members = [_member(key, number) for number in range(count)]
    for begin in range(0, count, _AT_ONCE):
        for kind, values in _records(members[begin : begin + _AT_ONCE]):
            _done(records.write(kind, values))
    own = authority.own
    if isListed:
        _done(records.write(DIRECTORY_KIND + own.identity.text, _listed(members)))
    _done(records.close())
    numbers = {each.certificate: at for at, each in enumerate(members)}
    return Realm(own.network, own.secrets.newest, own.exchangePublic, macKey(own.exchangePublic), members, numbers)


def _opened(records: IRecords, directory: StateDirectory) -> Authority:
    clock = Clock()
    settings = NetworkSettings(prefix=PREFIX, life=LIFE)
    return _done(
        Deferred.fromCoroutine(
            Authority.open(
                records, directory, clock, Events(clock.seconds), settings, (), os.urandom, wallClock=time.time
            )
        )
    )


def _member(key: NetworkKey, number: int) -> Papers:
    own = NodeKey.fromSeed(sha256(b"member %d" % number).digest())
    address = ip_address(PREFIX.partition("/")[0]) + 256 + number
    now = int(time.time())
    record = MemberRecord(
        identity=bytes(own.identity),
        exchangeKey=own.exchangePublic,
        name=f"member-{number}",
        state="member",
        since=now,
        addresses=(f"{address}/12",),
        macs=(b"\x02\x01" + number.to_bytes(4, "big"),),
    )
    certificate = record.certificateFor(bytes(key.network), now, LIFE)
    return Papers(own, record.withCertificate(certificate, signed(key.signing, certificate)), bytes(key.network))


def _records(members: list[Papers]) -> Iterator[tuple[str, dict[bytes, bytes | None]]]:
    yield MEMBER_KIND, {each.record.identity: packed(each.record) for each in members}
    yield NAME_KIND, {each.record.name.encode(): packed(each.record.identity) for each in members}
    yield MAC_KIND, {each.record.macs[0]: packed(each.record.identity) for each in members}
    addresses = {ip_address(each.record.addresses[0].partition("/")[0]).packed: each for each in members}
    yield ADDRESS_KIND, {address: packed(each.record.identity) for address, each in addresses.items()}


def _listed(members: list[Papers]) -> dict[bytes, bytes | None]:
    now = time.time()
    return {
        each.record.identity: packed(StoredEntry(each.certificate, each.claim(1), (), now, now, version))
        for version, each in enumerate(members, 1)
    }


def _done(asked: Deferred[Result]) -> Result:
    results: list[Result] = []
    asked.addCallback(results.append)
    return results[0]
