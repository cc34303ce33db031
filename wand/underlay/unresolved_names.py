"""
A name that cannot be resolved: the operator is told, until it can.
"""

from __future__ import annotations

from wand.health.notes import Notes


class UnresolvedNames:
    """
    Tells of the names of servers that have no address.
    """

    def __init__(self, notes: Notes, where: str) -> None:
        """
        @param where: where somebody wrote the name down.
        """
        self._notes = notes
        self._where = where
        self._told: set[str] = set()

    def say(self, name: str, why: str) -> None:
        """
        A name has no address now.
        """
        self._told.add(name)
        self._notes.say(
            _key(name),
            f"the name {name} cannot be resolved ({why}): check whether it is right in {self._where}, and whether DNS "
            "works on this host; it is tried again",
        )

    def clear(self, name: str) -> None:
        """
        It has one, or nobody needs it any more.
        """
        self._told.discard(name)
        self._notes.clear(_key(name))

    def clearAll(self) -> None:
        """
        Nobody needs any of them.
        """
        for name in tuple(self._told):
            self.clear(name)


def impossible(name: str) -> str | None:
    """
    Why a name cannot have an address, whoever is asked; C{None} if it may have one.  The reactor's resolver would never
    answer.
    """
    try:
        name.encode("idna")
    except UnicodeError:
        return "it is not the name of a host"
    return None


def _key(name: str) -> str:
    return f"name-{name}"
