"""
Parts that are made when they are first used.  Most peers are quiet, and what they need meanwhile is little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar


class MadeAtUse:
    """
    Has attributes that are made when somebody first looks at them; after that they are like every other.  A subclass
    has slots for all of its attributes: a dictionary from which something was deleted takes 416 octets from then on.

    @cvar makers: what makes these parts, by their names.
    @ivar made: the names of those that are there.
    """

    __slots__ = ("made",)

    makers: ClassVar[Mapping[str, Callable[[Any], object]]] = {}

    def __init__(self) -> None:
        self.made: tuple[str, ...] = ()

    if not TYPE_CHECKING:  # or every name would be one of an attribute

        def __getattr__(self, name: str) -> object:
            """
            Make what is not there.
            """
            make = self.makers.get(name)
            if make is None:
                raise AttributeError(f"{type(self).__name__} has no {name}")
            part = make(self)
            setattr(self, name, part)
            self.made = (*self.made, name)
            return part

    def drop(self, *names: str) -> None:
        """
        Let go of parts, until they are used again.
        """
        for name in names:
            if name in self.made:
                delattr(self, name)
        self.made = tuple(name for name in self.made if name not in names)
