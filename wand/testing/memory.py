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
