"""
How much memory something keeps.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def tracing() -> Iterator[None]:
    """
    Notice what is allocated within the C{with}: only of that L{grownBy} sees that it was given up, such as what a table
    with a bound forgets for each that it learns.
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
