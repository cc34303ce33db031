"""
What is outside of a NAT: a public address, or that of another NAT.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from wand.candidate_sources.router import REFUSED
from wand.endpoint import Endpoint
from wand.health.notes import Notes
from wand.interfaces import CandidateReader, OwnCandidate
from wand.public_address import isOfAHost, isPublic

#: What is said of a router that is behind a NAT itself.
NESTED: Final = (
    "the router at {} maps UDP port {} of this node, but is behind a NAT itself: outside it has the address {}, which "
    "the Internet does not reach. Where no direct way is found, let the router in front of it forward that port, or "
    "set that one to bridge mode"
)


def mapped(external: Endpoint, port: int, router: str, protocol: str, notes: Notes) -> list[OwnCandidate]:
    """
    The candidate that a mapping makes.  If the router is behind a NAT itself that is one of the network between the
    two, where others may be, and the operator is told.  There is none if what it says is no address of a host.

    @param port: our own UDP port.
    @param router: its address, for people.
    @param protocol: how it was asked, for people.
    """
    key = f"nested-{protocol}"
    about = f"mapped by {protocol} at {router}"
    if isPublic(external.host):
        notes.clear(key)
        return [OwnCandidate(external, "mapped", about)]
    if not isOfAHost(external.host):
        notes.say(key, REFUSED.format(router, port, f"it says that its address is {external.host}"), isHint=True)
        return []
    notes.say(key, NESTED.format(router, port, external.host), isHint=True)
    return [OwnCandidate(external, "host", f"{about}, which is behind a NAT itself")]


def onlyNews(tell: CandidateReader) -> CandidateReader:
    """
    Tells only what is something else than before, as L{wand.interfaces.ICandidates} wants it.
    """
    told: list[Sequence[OwnCandidate]] = []

    def news(candidates: Sequence[OwnCandidate]) -> None:
        if told[-1:] != [candidates]:
            told[:] = [candidates]
            tell(candidates)

    return news
