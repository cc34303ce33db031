"""
The members with the admission right, which a node asks for a new certificate where there is no server.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from wand.endpoint import Endpoint
from wand.interfaces import Context, ISessions
from wand.sealed.credentials.identity import Identity
from wand.sealed.node.claims import Claims
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.node.stored_enrolment import KnownServer
from wand.timing.repeating import Repeating
from wand.underlay.names import resolverOf
from wand.underlay.server_endpoints import ServerEndpoints
from wand.underlay.unresolved_names import UnresolvedNames

#: How many of them are asked at a time.
ASKED_MAXIMUM: Final = 3

#: Seconds between two looks at whether the one that admitted us is known.
LOOK_INTERVAL: Final = 60.0


class Admitters:
    """
    Knows them: those that admitted us, from the invitations, and the others by what they announce.  Who admitted us is
    where a new member begins: it tells of all others.
    """

    def __init__(self, enrolment: Enrolment, claims: Claims, sessions: ISessions, context: Context) -> None:
        self._enrolment = enrolment
        self._claims = claims
        self._sessions = sessions
        self._context = context
        self._endpoints: dict[bytes, ServerEndpoints] = {}
        self._introduced: set[bytes] = set()
        self._looking = Repeating("the members that admit others", self._look, context.clock, context.failures)

    def start(self) -> None:
        """
        Get to know whoever admitted us, and see from time to time that we still do.
        """
        for each in self._enrolment.admitters:
            self._approach(each)
        if not self._looking.running:
            self._looking.start(LOOK_INTERVAL, now=False)

    def stop(self) -> None:
        """
        Leave no timer behind.
        """
        self._looking.stop()
        for each in self._endpoints.values():
            each.stop()
        self._endpoints.clear()

    def tell(self, message: bytes) -> list[Identity]:
        """
        Send a control message to some of them: first to those with whom there is a session.

        @return: to whom.
        """
        known = dict.fromkeys(map(Identity, self._known()))
        present = [each for each in known if self._sessions.isUp(each)]
        others = [each for each in known if each not in present]
        self._context.random.shuffle(others)
        told = [*present, *others][:ASKED_MAXIMUM]
        for identity in told:
            self._sessions.sendControl(identity, message)
        return told

    def _known(self) -> Iterator[bytes]:
        admitters = (each.identity for each in self._enrolment.admitters if each.identity in self._introduced)
        yield from filter(self._mayRenew, admitters)
        yield from filter(self._mayRenew, self._claims.admitters)

    def _mayRenew(self, identity: bytes) -> bool:
        """
        Does somebody renew our certificate: has it the network key, or did it sign the one that we have?
        """
        own, said = self._enrolment.own, self._claims.announcement(identity)
        isAuthority = said is None or not said.certificate.grant
        isOurs = own is not None and own.admitter == identity
        return identity != self._enrolment.identity and (isAuthority or isOurs)

    def _look(self) -> None:
        for each in self._enrolment.admitters:
            if self._claims.announcement(each.identity) is None:
                self._approach(each)

    def _approach(self, admitter: KnownServer) -> None:
        identity = admitter.identity
        if identity not in self._endpoints:
            clock, unresolved = self._context.clock, UnresolvedNames(self._context.notes, "the invitation")
            found = partial(self._found, admitter)
            self._endpoints[identity] = ServerEndpoints(
                admitter.everywhere, resolverOf(clock), found, clock, unresolved
            )
        self._endpoints[identity].look()
        self._meet(identity)

    def _found(self, admitter: KnownServer, endpoints: list[Endpoint]) -> None:
        self._introduced.add(admitter.identity)
        self._sessions.introduce(admitter.identity, admitter.exchangeKey, endpoints)
        self._meet(admitter.identity)

    def _meet(self, identity: bytes) -> None:
        if not self._sessions.isUp(identity):
            self._sessions.seek(identity)
