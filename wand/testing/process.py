"""
What the parts of a program share: its process.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path


def processState() -> dict[str, object]:
    """
    What a plugin has to leave as it is, by what it is called.
    """
    umask = os.umask(0o077)
    os.umask(umask)
    return {
        "the working directory": Path.cwd(),
        "the environment": dict(os.environ),
        "the umask": umask,
        "signal handlers": {each: signal.getsignal(each) for each in signal.valid_signals()},
    }


def othersRunning() -> set[str]:
    """
    The threads of this process and, on Linux, its child processes, by their names.
    """
    children = [each.read_text().split() for each in Path("/proc/self/task").glob("*/children") if each.exists()]
    threads = {f"thread {each.name} ({each.ident})" for each in threading.enumerate()}
    return threads | {f"process {each}" for some in children for each in some}
