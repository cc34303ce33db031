"""
What is published: a plugin as its distribution announces it, of which nothing has to be imported yet.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Final, TypeAlias

import attrs

from wand.health.installed import normalized

#: How many characters the name of a plugin may have.
NAME_MAXIMUM: Final = 64


def isName(name: str) -> bool:
    """
    Can something be asked for by this name: one word that can be shown in a line?
    """
    return 0 < len(name) <= NAME_MAXIMUM and name.isprintable() and " " not in name


def short(text: str) -> str:
    """
    The beginning of a text that somebody wrote where a name is wanted.
    """
    return text if len(text) <= NAME_MAXIMUM else f"{text[:NAME_MAXIMUM]}..."


@attrs.frozen
class Published:
    """
    A plugin that was announced.

    @ivar kind: the plugin kind.
    @ivar name: the name by which a configuration asks for it.
    @ivar where: the object, C{wand_packet.driver:packet}; or the module that it comes from.
    @ivar distribution: the name of the distribution; empty where it is not known.
    @ivar version: that distribution's version.
    @ivar load: imports it; may raise anything.
    """

    kind: str
    name: str
    where: str
    distribution: str
    version: str
    load: Callable[[], object]

    @property
    def owner(self) -> str:
        """
        Whose it is, for people: C{wand-packet 1.0}.
        """
        return f"{self.distribution} {self.version}".strip() or self.where

    def isIn(self, names: Collection[str]) -> bool:
        """
        Is it named there, or its distribution?
        """
        return self.name in names or normalized(self.distribution) in {normalized(each) for each in names}


@attrs.frozen
class Rejection:
    """
    Something that was found but cannot be used.

    @ivar kind: the plugin kind, or an empty string where it is not known.
    @ivar name: the plugin's name; the module's, or the class's, where the plugin has none.
    @ivar where: the module or the file that it comes from.
    @ivar reason: why it cannot be used, a sentence.
    @ivar owner: the distribution that it came with, and its version; empty where that is not known.
    """

    kind: str
    name: str
    where: str
    reason: str
    owner: str = ""


@attrs.frozen
class Findings:
    """
    What one place has.

    @ivar published: what is announced there.
    @ivar rejected: what is wrong there.
    """

    published: Sequence[Published] = ()
    rejected: Sequence[Rejection] = ()


#: A place where plugins of a kind are published.
Source: TypeAlias = Callable[[str], Findings]
