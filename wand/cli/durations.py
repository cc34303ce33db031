"""
Durations as operators write them: C{90s}, C{15m}, C{24h}, C{7d}.
"""

from __future__ import annotations

import re
from typing import Final

import click

_DURATION: Final = re.compile(r"(?P<count>[0-9]{1,9})(?P<unit>[smhd])", re.ASCII)

_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def parseDuration(text: str) -> int:
    """
    Read a duration.

    @return: its seconds, at least one.
    @raise ValueError: if it is not a duration, with the reason.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = int(match["count"]) * _SECONDS[match["unit"]] if match else 0
    if not seconds:
        raise ValueError(f"{text!r} is not a duration; write it like 90s, 15m, 24h or 7d")
    return seconds


def inSeconds(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """
    Read an option that is a duration; a callback of click.
    """
    if text is None:
        return None
    try:
        return parseDuration(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
