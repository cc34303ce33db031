"""
Parts that are made when they are first used.  Most peers are quiet, and what they need meanwhile is little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar


class MadeAtUse:
    """
    Whoever looks at a slot that is empty has it filled.  After that it costs what every other does.

    @cvar makers: make the parts, by the names of their slots.
    @ivar isWhole: was a part made since L{drop}?
    """

    __slots__ = ("isWhole",)

    makers: ClassVar[Mapping[str, Callable[[Any], object]]] = {}

    if not TYPE_CHECKING:  # what there is the annotations say

        def __getattr__(self, name: str) -> object:
            maker = self.makers.get(name)
            if maker is None:
                raise AttributeError(name)
            part = maker(self)
            setattr(self, name, part)
            self.isWhole = True
            return part

    def has(self, name: str) -> bool:
        """
        Is a part made?
        """
        try:
            object.__getattribute__(self, name)
        except AttributeError:
            return False
        return True

    def drop(self, *names: str) -> None:
        """
        Let go of parts, until they are used again.
        """
        self.isWhole = False
        for name in names:
            with suppress(AttributeError):
                delattr(self, name)
