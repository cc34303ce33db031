"""
Python imports this at its start, from C{PYTHONPATH}: the wall clock is as many seconds off as the file in
C{$SOAK_CLOCK} says.  Elapsed time is left alone, as it is when an operator sets the clock.
"""

import os
import time

_path = os.environ.get("SOAK_CLOCK", "")
_true = time.time


def _time() -> float:
    try:
        with open(_path) as file:  # noqa: PTH123  # pathlib would slow every start of Python
            return _true() + float(file.read() or 0)
    except (OSError, ValueError):
        return _true()


if _path:
    time.time = _time
