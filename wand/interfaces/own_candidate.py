"""
Candidates: where a node may be reached, as others are told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, TypeAlias

import attrs

from wand.endpoint import Endpoint

#: What is known of a candidate: a router forwards its port to us (C{mapped}), our operator says so (C{configured}),
#: others hear us from there (C{observed}), or an interface of this host has the address (C{host}).
CandidateKind: TypeAlias = Literal["mapped", "configured", "observed", "host"]

#: The kinds, in the order in which others are told: what is reached from everywhere first.
CANDIDATE_KINDS: Final[tuple[CandidateKind, ...]] = ("mapped", "configured", "observed", "host")


@attrs.frozen
class OwnCandidate:
    """
    A place where this node may be reached; nobody has proven it yet.

    @ivar endpoint: where datagrams reach our UDP port.
    @ivar about: how it came to be, for people, without a full stop: C{mapped by PCP at 192.168.1.1}.
    """

    endpoint: Endpoint
    kind: CandidateKind
    about: str


#: Takes all the candidates that a source has now, the best first; they replace those that it told before.
CandidateReader: TypeAlias = Callable[[Sequence[OwnCandidate]], object]
