"""
Parts that are made when they are first used.  Most peers are quiet, and what they need meanwhile is little.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

Part = TypeVar("Part")


class Made(Generic[Part]):
    """
    An attribute that is made when somebody first looks at it; after that it is like every other.
    """

    def __init__(self, make: Callable[[Any], Part]) -> None:
        """
        @param make: makes it, for an object.
        """
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: MadeAtUse, owner: type) -> Part:
        part = self._make(instance)
        setattr(instance, self._name, part)
        instance.made = (*instance.made, self._name)
        return part


class MadeAtUse:
    """
    Has attributes that are L{Made}.

    @ivar made: the names of those that are there.
    """

    made: tuple[str, ...] = ()

    def drop(self, *names: str) -> None:
        """
        Let go of parts, until they are used again.
        """
        for name in names:
            if name in self.made:
                delattr(self, name)
        self.made = tuple(name for name in self.made if name not in names)
