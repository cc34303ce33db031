"""
How revocations spread, and allowances: two members that meet compare what they know, and ask for what they lack.
"""

from __future__ import annotations

from wand.sealed.credentials.allowance import Allowance
from wand.sealed.credentials.messages import (
    REVOCATIONS_PAGE,
    Revocations,
    RevocationsDigest,
    RevocationsWanted,
)
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import unverified
from wand.sealed.credentials.trust import Trust


class RevocationComparison:
    """
    What to answer to messages about revocations.  It keeps nothing about anybody: a message that is lost is made up for
    at the next digest.
    """

    def __init__(self, trust: Trust) -> None:
        self._trust = trust

    def greeting(self) -> RevocationsDigest:
        """
        What to send when a session begins, and from time to time.
        """
        return RevocationsDigest(self._trust.notices.digest)

    def push(self, notice: bytes) -> Revocations:
        """
        What to send to everybody when a revocation or an allowance is new.
        """
        return Revocations((notice,), b"")

    def answer(
        self, message: RevocationsDigest | RevocationsWanted | Revocations
    ) -> RevocationsWanted | Revocations | None:
        """
        What to send in answer; C{None} for nothing.  What is new is told to the observers of the L{Trust}.
        """
        match message:
            case RevocationsDigest(digest):
                return None if digest == self._trust.notices.digest else RevocationsWanted(b"")
            case RevocationsWanted(after):
                return self._page(after)
            case Revocations(revocations, after):
                for revocation in revocations:
                    self._trust.take(revocation)
                return RevocationsWanted(after) if after and revocations else None

    def _page(self, after: bytes) -> Revocations | None:
        page = self._trust.notices.page(after, REVOCATIONS_PAGE + 1)
        after = _identityOf(page[REVOCATIONS_PAGE - 1]) if len(page) > REVOCATIONS_PAGE else b""
        return Revocations(tuple(page[:REVOCATIONS_PAGE]), after) if page else None


def _identityOf(notice: bytes) -> bytes:
    content = unverified(notice, Revocation) or unverified(notice, Allowance)
    return b"" if content is None else content.identity
