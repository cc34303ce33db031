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

#: What is changed, and the command of ip(8) that does it.
_COMMANDS: Final = {
    "add": ("ip", "address", "replace", "{value}", "dev", "{interface}"),
    "ours": ("ip", "address", "replace", "{value}", "dev", "{interface}", "nodad"),
    "remove": ("ip", "address", "delete", "{value}", "dev", "{interface}"),
    "mtu": ("ip", "link", "set", "dev", "{interface}", "mtu", "{value}"),
}

#: What stands in such a command for a value that comes later.
_VALUE: Final = "VALUE"

#: How ip(8) says that an address is not there.
_NOT_THERE: Final = "Cannot assign requested address"


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
    Changes what an interface of the host has: its IP addresses, and its MTU.  If requested at the start, it can do so
    after the privileges were dropped: a small root program stays behind that can do this to this one interface.
    """

    def __init__(self, interface: Callable[[], str], later: bool) -> None:
        """
        @param interface: gives the name of the interface.
        @param later: will there be changes after the privileges were dropped?
        """
        self._interface = interface
        self._remainder = _remainder(interface()) if later else None

    def add(self, address: str, *, isOurs: bool = False) -> None:
        """
        Set an address, C{10.77.0.5/16}.

        @param isOurs: does the network say that nobody else has it?  Then it can be used at once; else IPv6 waits for
            a second or two whether somebody else does (RFC 4862, section 5.4).
        @raise TapUnavailable: if it is not an address, or the command is missing or fails.
        """
        wanted = _checked(address)
        self._do("ours" if isOurs and ":" in wanted else "add", wanted)

    def remove(self, address: str) -> None:
        """
        Take an address from the host; one that it has not is fine.

        @raise TapUnavailable: if it is not an address, or the command is missing or fails.
        """
        try:
            self._do("remove", _checked(address))
        except TapUnavailable as error:
            if _NOT_THERE not in str(error):
                raise

    def setMTU(self, mtu: int) -> None:
        """
        Set the MTU.

        @raise TapUnavailable: if the command is missing or fails.
        """
        self._do("mtu", str(mtu))

    def _do(self, what: str, value: str) -> None:
        if self._remainder is None or self._remainder.stdin is None:
            runCommand(_command(what, self._interface(), value), "iproute2")
            return
        try:
            self._remainder.stdin.write(f"{what} {value}\n".encode())
            self._remainder.stdin.flush()
        except OSError as error:
            raise TapUnavailable(
                f"the interface {self._interface()} can no longer be changed ({what} {value}): restart the program"
            ) from error

    def close(self) -> None:
        """
        Stop setting addresses; the program that stayed behind ends.
        """
        if self._remainder is not None and self._remainder.stdin is not None:
            self._remainder.stdin.close()
            self._remainder = None


def _command(what: str, interface: str, value: str) -> list[str]:
    return [word.format(interface=interface, value=value) for word in _COMMANDS[what]]


def _checked(address: str) -> str:
    try:
        return str(ip_interface(address))
    except ValueError as error:
        raise TapUnavailable(f"the address {address!r} cannot be set: {error}") from error


def _remainder(interface: str) -> subprocess.Popen[bytes]:
    cases = []
    for what in _COMMANDS:
        words = _command(what, interface, _VALUE)
        words = ['"$value"' if word == _VALUE else shlex.quote(word) for word in words]
        cases.append(f"{what}) {' '.join(words)} </dev/null;;")
    return stayBehind(f"while read -r what value; do case $what in {' '.join(cases)} esac; done", "set addresses")


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
