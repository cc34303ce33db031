"""
The two protocols in which a router is asked to map a port: PCP, and its predecessor NAT-PMP.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from wand.candidate_sources import natpmp_messages, pcp_messages
from wand.candidate_sources.mapping_answers import Answer, Granted, Incomplete, Refused
from wand.candidate_sources.natpmp_messages import AddressAnswer, PortAnswer
from wand.endpoint import Endpoint


class Dialect(Protocol):
    """
    One of them, about one mapping.

    @ivar name: for people.
    @ivar firstWait: seconds from the first request to its repetition; each further wait is twice as long.
    @ivar longestWait: seconds that it waits at most.
    """

    name: str
    firstWait: float
    longestWait: float

    def questions(self, suggested: Endpoint | None, lifetime: int) -> Sequence[bytes]:
        """
        The requests that make a mapping, renew it or, with a lifetime of 0, give it back.

        @param suggested: what we would like to have outside.
        """

    def read(self, datagram: bytes) -> Answer | None:
        """
        Read what came from the router; C{None} if it says nothing of our mapping.
        """

    def older(self) -> Dialect | None:
        """
        What is spoken with a router that does not know this one; C{None} if there is nothing.
        """


class PCP:
    """
    RFC 6887; the waits are those of section 8.1.1.
    """

    name = "PCP"
    firstWait = 3.0
    longestWait = 1024.0

    def __init__(self, client: str, port: int, nonce: bytes) -> None:
        """
        @param client: our address, from which requests are sent.
        @param port: our UDP port.
        @param nonce: see L{pcp_messages.pack}.
        """
        self._client = client
        self._port = port
        self._nonce = nonce

    def questions(self, suggested: Endpoint | None, lifetime: int) -> Sequence[bytes]:
        """
        See L{Dialect}.
        """
        return [pcp_messages.pack(self._nonce, self._client, self._port, suggested, lifetime)]

    def read(self, datagram: bytes) -> Answer | None:
        """
        See L{Dialect}.
        """
        return pcp_messages.read(datagram, self._nonce, self._port)

    def older(self) -> Dialect:
        """
        See L{Dialect}: section 9 and appendix A.
        """
        return NATPMP(self._port)


class NATPMP:
    """
    RFC 6886; the waits are those of section 3.1.  Address and port come in two answers.
    """

    name = "NAT-PMP"
    firstWait = 0.25
    longestWait = 64.0

    def __init__(self, port: int) -> None:
        """
        @param port: our UDP port.
        """
        self._port = port
        self._host: str | None = None
        self._mapping: PortAnswer | None = None

    def questions(self, suggested: Endpoint | None, lifetime: int) -> Sequence[bytes]:
        """
        See L{Dialect}.
        """
        mapping = natpmp_messages.packMapping(self._port, suggested.port if suggested else 0, lifetime)
        self._host = self._mapping = None
        return [natpmp_messages.packAddress(), mapping] if lifetime else [mapping]

    def read(self, datagram: bytes) -> Answer | None:
        """
        See L{Dialect}.
        """
        answer = natpmp_messages.read(datagram, self._port)
        if isinstance(answer, AddressAnswer):
            self._host = answer.host
        elif isinstance(answer, PortAnswer):
            self._mapping = answer
        else:
            return answer
        mapping = self._mapping
        if mapping is not None and not (mapping.port and mapping.lifetime):
            return Granted(None, 0, mapping.epoch)
        if mapping is None or self._host is None:
            return Incomplete()
        if self._host == "0.0.0.0":
            return Refused("it has no address outside", natpmp_messages.REFUSAL_LIFETIME)
        return Granted(Endpoint(self._host, mapping.port), mapping.lifetime, mapping.epoch)

    def older(self) -> None:
        """
        See L{Dialect}: there is nothing.
        """
