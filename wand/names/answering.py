"""
Answers to questions of DNS (RFC 1035), about members alone.  Nothing is ever asked elsewhere.

An answer has a question, at most four addresses and one record more, so it is below 512 octets; there is no EDNS.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from twisted.names import dns

from wand.counters import Counters
from wand.names.domain import Domain
from wand.names.member_names import MemberNames, TooManyWaiting

#: The octets of a header, and of the longest answer.
HEADER: Final = 12
ANSWER_MAXIMUM: Final = 512

#: Seconds for which an answer holds, and for which nobody is there: what changes is seen within them.
LIFETIME: Final = 1

#: Questions for a whole zone: IXFR (RFC 1995), AXFR (RFC 5936).
_TRANSFERS: Final = (251, 252)

COUNTERS: Final = {
    "names-answered": "questions for names of members that were answered, also with that there is nobody",
    "names-refused": "questions for names that are not of the network, which this node does not answer",
    "drop-names-malformed": "datagrams to the port of names that are no questions",
    "drop-names-busy": "questions for names put off: too many members are looked for already",
}


class Answering:
    """
    Answers one message by at most one.
    """

    def __init__(
        self, names: MemberNames, domain: Callable[[], Domain], isMember: Callable[[], bool], counters: Counters
    ) -> None:
        """
        @param domain: gives that of the network.
        @param isMember: says whether this node is a member of it now; else nothing is known.
        """
        counters.declare(COUNTERS)
        self._names = names
        self._domain = domain
        self._isMember = isMember
        self._counters = counters

    async def answer(self, octets: bytes) -> bytes | None:
        """
        Answer a message that may be anything.

        @return: the answer; C{None} if there is to be none.
        """
        try:
            asked = _read(octets)
        except (EOFError, ValueError, struct.error):
            asked = None
        if asked is None:
            self._counters["drop-names-malformed"] += 1
            return None
        reply = dns.Message(asked.id, answer=1, opCode=asked.opCode, recDes=asked.recDes, maxSize=ANSWER_MAXIMUM)
        reply.queries = asked.queries
        if asked.opCode != dns.OP_QUERY:
            reply.rCode = dns.ENOTIMP
        else:
            await self._fill(reply, asked.queries[0])
        try:
            return bytes(reply.toStr())
        except (ValueError, struct.error):  # a label with a dot in it, which cannot be written again
            self._counters["drop-names-malformed"] += 1
            return None

    async def _fill(self, reply: Any, query: Any) -> None:
        domain = self._domain()
        name = query.name.name.decode("latin-1").lower()
        zone = domain.zone(name)
        if zone is None or query.cls != dns.IN or query.type in _TRANSFERS or not self._isMember():
            reply.rCode = dns.EREFUSED
            self._counters["names-refused"] += 1
            return
        try:
            records = await self._records(domain, name)
        except TooManyWaiting:
            reply.rCode = dns.ESERVER
            self._counters["drop-names-busy"] += 1
            return
        self._counters["names-answered"] += 1
        reply.auth = True
        if records is None:
            reply.rCode = dns.ENAME
        if name == zone:
            records = [_authority(domain.name), dns.Record_NS(domain.name, LIFETIME)]
        wanted = [each for each in records or () if query.type in (each.TYPE, dns.ALL_RECORDS)]
        reply.answers = [_header(query.name.name, each) for each in wanted]
        if not wanted:
            reply.authority = [_header(zone.encode(), _authority(domain.name))]

    async def _records(self, domain: Domain, name: str) -> list[Any] | None:
        """
        What there is at a name; C{None} if there is no such name.
        """
        member = domain.member(name)
        if member is not None:
            addresses = await self._names.addressesOf(member) if member else []
            return None if addresses is None else [_address(str(each), each.version) for each in addresses]
        address = domain.address(name)
        if address is None:
            return [] if domain.isAbove(name) else None
        found = await self._names.nameOf(address)
        return None if found is None else [dns.Record_PTR(f"{found}.{domain.name}", LIFETIME)]


def _read(octets: bytes) -> Any:
    """
    Read the header and the one question of a message, and nothing behind it; C{None} if it is no question.
    """
    if len(octets) < HEADER or octets[4:6] != b"\0\1" or octets[2] & 0x80:
        return None
    message = dns.Message()
    message.fromStr(octets[:6] + bytes(6) + octets[HEADER:])
    return message if message.queries else None  # its end may be missing


def _address(text: str, version: int) -> Any:
    return dns.Record_A(text, LIFETIME) if version == 4 else dns.Record_AAAA(text, LIFETIME)


def _authority(domain: str) -> Any:
    return dns.Record_SOA(domain, f"hostmaster.{domain}", 1, 3600, 600, 86400, LIFETIME, LIFETIME)


def _header(name: bytes, record: Any) -> Any:
    return dns.RRHeader(name, record.TYPE, dns.IN, LIFETIME, record, auth=True)
