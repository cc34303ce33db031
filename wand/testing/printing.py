"""
What is printed, by whatever way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from tempfile import TemporaryFile
from warnings import catch_warnings


@contextmanager
def printing() -> Iterator[list[str]]:
    """
    Notice what is printed within the C{with}: by C{print}, and by what writes to standard output itself.

    @return: has it when the C{with} has ended; what libraries warn of is not in it.
    """
    printed: list[str] = []
    written, said = StringIO(), StringIO()
    sys.stdout.flush()
    with TemporaryFile() as file:
        before = os.dup(1)
        os.dup2(file.fileno(), 1)
        try:
            with catch_warnings(action="ignore"), redirect_stdout(written), redirect_stderr(said):
                yield printed
        finally:
            os.dup2(before, 1)
            os.close(before)
        file.seek(0)
        octets = file.read().decode(errors="replace")
    printed.extend(each for each in (written.getvalue(), said.getvalue(), octets) if each)
