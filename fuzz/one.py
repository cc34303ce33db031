"""
Run one target in this process: C{python -m fuzz.one TARGET [OPTION OF LIBFUZZER] ...}.
"""

from __future__ import annotations

import sys

import atheris
from twisted.logger import ILogObserver, LogEvent, globalLogBeginner
from zope.interface import implementer

with atheris.instrument_imports(include=["wand"]):
    from fuzz.targets import TARGETS


@implementer(ILogObserver)
class Watch:
    """
    Makes a finding of every failure that is logged: what arrives must not even be logged as one.
    """

    def __init__(self) -> None:
        self._failures: list[str] = []
        globalLogBeginner.beginLoggingTo([self], redirectStandardIO=False, discardBuffer=True)

    def __call__(self, event: LogEvent) -> None:
        if "log_failure" in event:
            self._failures.append(event["log_failure"].getTraceback())

    def check(self) -> None:
        """
        @raise AssertionError: if there was a failure.
        """
        if self._failures:
            raise AssertionError("\n".join(self._failures))


def main() -> None:
    """
    Fuzz until the time is up.
    """
    name, *options = sys.argv[1:]
    target, watch = TARGETS[name](), Watch()

    def one(octets: bytes) -> None:
        target.take(octets)
        watch.check()

    atheris.Setup([f"fuzz {name}", *options], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
