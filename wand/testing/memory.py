"""
How much memory something keeps.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

Sender = TypeVar("Sender")
Place = TypeVar("Place")


@contextmanager
def tracing() -> Iterator[None]:
    """
    Trace what is allocated within the C{with}.  L{grownBy} sees only what was traced being given up: a bounded table
    that forgets an entry for each that it learns seems to grow unless it was filled while tracing.
    """
    wasTracing = tracemalloc.is_tracing()
    tracemalloc.start()
    try:
        yield
    finally:
        if not wasTracing:
            tracemalloc.stop()


@contextmanager
def grownBy() -> Iterator[list[int]]:
    """
    Measure how many octets of Python's memory more are in use after the C{with} than before.

    @return: has the number when the C{with} has ended.
    """
    grown: list[int] = []
    with tracing():
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        yield grown
        gc.collect()
        grown.append(tracemalloc.get_traced_memory()[0] - before)


def keptOf(
    send: Callable[[Sequence[Sender], Place], object],
    strangers: Sequence[Sender],
    first: int,
    place: Place,
    nobody: Place,
) -> int:
    """
    Measure what is kept of strangers at the place to which they send: how many octets more are in use than when they
    sent as much to a place where nobody is, which is what the network of the test keeps.

    @param send: has some of the strangers send to a place.
    @param first: how many of them send before it is measured.
    """
    with tracing():
        for each in place, nobody:
            send(strangers[:first], each)
        with grownBy() as usual:
            send(strangers[first:], nobody)
        with grownBy() as grown:
            send(strangers[first:], place)
    return grown[0] - usual[0]
