"""
The system's own programs that configure an interface, run once when a tap is opened.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from ipaddress import ip_interface
from typing import Final

from wand.errors import TapUnavailable

#: Where such programs are; not every user has these in the search path.
_PLACES: Final = "/usr/sbin:/sbin"

#: Seconds that a program has to finish.
_COMMAND_PATIENCE: Final = 10


def runCommand(arguments: Sequence[str], package: str, said: str = "") -> None:
    """
    Run a program and wait for its end.

    @param arguments: the program and its arguments.
    @param package: what to install if the program is missing.
    @param said: what it is told on its standard input.
    @raise TapUnavailable: if it is missing, fails, or does not end; the text has its output.
    """
    program = shutil.which(arguments[0], path=f"{os.environ.get('PATH', os.defpath)}:{_PLACES}")
    if program is None:
        raise TapUnavailable(f"the program {arguments[0]!r} is missing; install {package}")
    try:
        done = subprocess.run(
            [program, *arguments[1:]],
            input=said,
            capture_output=True,
            text=True,
            timeout=_COMMAND_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TapUnavailable(f"{' '.join(arguments)!r} failed: {error}") from error
    if done.returncode:
        said = " ".join(f"{done.stderr} {done.stdout}".split()) or f"exit status {done.returncode}"
        raise TapUnavailable(f"{' '.join(arguments)!r} failed: {said}")


class Addresses:
    """
    Sets the IP addresses of an interface.  If requested at the start, it can do so after the privileges were dropped: a
    small root program stays behind that can do this one thing to this one interface.
    """

    def __init__(self, command: Callable[[str], Sequence[str]], package: str, later: bool) -> None:
        """
        @param command: makes the command that sets an address.
        @param package: what to install if the command is missing.
        @param later: will there be addresses after the privileges were dropped?
        """
        self._command = command
        self._package = package
        self._remainder = _remainder(command) if later else None

    def add(self, address: str) -> None:
        """
        Set an address, C{10.77.0.5/16}.

        @raise TapUnavailable: if it is not an address, or the command is missing or fails.
        """
        try:
            wanted = str(ip_interface(address))
        except ValueError as error:
            raise TapUnavailable(f"the address {address!r} cannot be set: {error}") from error
        if self._remainder is None or self._remainder.stdin is None:
            runCommand(self._command(wanted), self._package)
            return
        try:
            self._remainder.stdin.write(f"{wanted}\n".encode())
            self._remainder.stdin.flush()
        except OSError as error:
            raise TapUnavailable(f"the address {wanted} can no longer be set: restart the program") from error

    def close(self) -> None:
        """
        Stop setting addresses; the program that stayed behind ends.
        """
        if self._remainder is not None and self._remainder.stdin is not None:
            self._remainder.stdin.close()
            self._remainder = None


def _remainder(command: Callable[[str], Sequence[str]]) -> subprocess.Popen[bytes]:
    words = " ".join('"$address"' if word == "ADDRESS" else shlex.quote(word) for word in command("ADDRESS"))
    return stayBehind(f"while read -r address; do {words} </dev/null; done", "set addresses")


def stayBehind(script: str, purpose: str) -> subprocess.Popen[bytes]:
    """
    Start a shell that keeps the privileges of the start, and outlives whoever started it.

    @param script: what it does; its standard input is a pipe, which ends when we do.
    @param purpose: what for, if it cannot be started: C{set addresses}.
    @raise TapUnavailable: if it cannot.
    """
    script = f"PATH=$PATH:{_PLACES}; {script}"
    try:
        return subprocess.Popen(["/bin/sh", "-c", script], stdin=subprocess.PIPE, start_new_session=True)
    except OSError as error:
        raise TapUnavailable(f"no program can stay behind to {purpose}: {error}") from error
