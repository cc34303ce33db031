"""
Runs a program of Python and makes it slower: for each second of processor time that it needs it uses some more for
nothing.  So whoever measures can try what they would find::

    python slowed.py PERCENT PROGRAM [ARGUMENT...]

It is run by its path.
"""

import runpy
import signal
import sys
import time

#: Seconds of processor time after which it is delayed.
INTERVAL = 0.01


def main() -> None:
    """
    Run it.
    """
    # While such a timer runs, the clock of the process moves at ticks only, and that of the thread as ever.
    share, sys.argv = int(sys.argv[1]) / 100, sys.argv[2:]
    since = time.thread_time()

    def delay(*_: object) -> None:
        nonlocal since
        now = time.thread_time()
        until = now + share * (now - since)
        while (since := time.thread_time()) < until:
            pass

    signal.signal(signal.SIGPROF, delay)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
