"""
Which plugins a program uses, and how often each failed.
"""

from __future__ import annotations

import attrs

from wand.health.failures import Failures
from wand.health.origin import isOurs
from wand.status import UsedStatus


@attrs.frozen
class _Used:
    owner: str
    opened: object


class InUse:
    """
    The plugins that are open.
    """

    def __init__(self) -> None:
        self._used: dict[tuple[str, str], _Used] = {}

    def opened(self, kind: str, name: str, owner: str, opened: object) -> None:
        """
        One was opened.

        @param kind: with words apart: C{frame service}.
        @param owner: the distribution and its version.
        @param opened: what it opened.
        """
        self._used[kind, name] = _Used(owner, opened)

    def closed(self, kind: str, name: str) -> None:
        """
        One was closed.
        """
        self._used.pop((kind, name), None)

    def others(self) -> list[str]:
        """
        Those of other distributions, for people: C{hook audit of wand-audit 1.0}.
        """
        used = self._used.items()
        found = [(f"{kind} {name}", each.owner) for (kind, name), each in used if not isOurs(each.opened)]
        return [f"{what} of {owner}" if owner else what for what, owner in found]

    def status(self, failures: Failures) -> list[UsedStatus]:
        """
        Each, kind by kind in the order in which they were opened.
        """
        kinds = dict.fromkeys(kind for kind, _ in self._used)
        return [
            UsedStatus(kind.replace(" ", "-"), name, used.owner, *failures.of(f"{kind} {name}", used.opened))
            for each in kinds
            for (kind, name), used in self._used.items()
            if kind == each
        ]
