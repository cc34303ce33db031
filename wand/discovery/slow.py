"""
Plugins for which everybody waits: whoever looks at the terminal is told which one it is.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer
from typing import Final

from wand.discovery.published import Published

#: Seconds after which it is said that a plugin is waited for.
PATIENCE: Final = 3.0


@contextmanager
def told(published: Published, seconds: float = PATIENCE) -> Iterator[None]:
    """
    Say on standard error that a plugin is waited for, if what is done within the C{with} takes long.
    """
    timer = Timer(seconds, _say, [published])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # a program that goes into the background must have no other thread


def _say(published: Published) -> None:
    what = f"the {published.kind} {published.name!r} of {published.owner}"
    text = f"waiting for {what} ({published.where}) to be imported; Ctrl-C leaves it out, disabled-plugins for good"
    print(ascii(text)[1:-1], file=sys.stderr, flush=True)
