"""
What a router answers when it is asked to map a port, whichever protocol it speaks.
"""

from __future__ import annotations

from typing import TypeAlias

import attrs

from wand.endpoint import Endpoint


@attrs.frozen
class Granted:
    """
    The port is mapped.

    @ivar external: where others reach it; C{None} where only the port is known yet, or nothing is mapped any more.
    @ivar lifetime: for how many seconds; 0 if the mapping was given back.
    @ivar epoch: seconds since the router began to remember mappings; it starts again when it has forgotten them.
    """

    external: Endpoint | None
    lifetime: int
    epoch: int


@attrs.frozen
class Refused:
    """
    The port is not mapped.

    @ivar reason: why, for people, without a full stop.
    @ivar lifetime: for how many seconds the answer will be the same.
    """

    reason: str
    lifetime: int


@attrs.frozen
class OtherVersion:
    """
    The router does not speak this version.

    @ivar version: the one that it speaks.
    """

    version: int


@attrs.frozen
class Incomplete:
    """
    A part of the answer came, which says nothing without the rest.
    """


Answer: TypeAlias = Granted | Refused | OtherVersion | Incomplete
