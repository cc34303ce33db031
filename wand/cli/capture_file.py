"""
The file that C{wand capture} writes, and what is said of it meanwhile.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Final

import attrs
import click

from wand.capture.pcapng import statistics, wholeBlocks
from wand.errors import WandError

#: In place of a file: standard output.
STANDARD_OUTPUT: Final = "-"

_WARNING: Final = "what is captured is not protected any more: whoever reads it reads what members send each other"


@attrs.define
class CaptureFile:
    """
    The file, opened once there is something to write.

    @ivar path: where it is; C{-} is standard output.
    @ivar count: after how many frames it is whole; C{None} for none.
    @ivar frames: how many it has.
    @ivar octets: how long it is; it ends with a whole block, also where the disk is full.
    @ivar lost: how many frames are missing.
    @ivar problem: why no more can be written; empty where it can.
    """

    path: str
    count: int | None
    frames: int = 0
    octets: int = 0
    lost: int = 0
    problem: str = ""
    _descriptor: int = -1
    _isLeft: bool = False

    def check(self) -> None:
        """
        @raise WandError: if octets would go to a terminal.
        """
        if self.path == STANDARD_OUTPUT and sys.stdout.isatty():
            raise WandError("a capture is no text for a terminal: give a file, or a pipe as in wand capture -w - | ...")

    @property
    def isWhole(self) -> bool:
        """
        Are there as many frames as are wanted, or can no more be written?
        """
        return self._isLeft or bool(self.problem) or (self.count is not None and self.frames + self.lost >= self.count)

    def begin(self, head: bytes) -> None:
        """
        Write the beginning.
        """
        try:
            self._descriptor = _opened(self.path)
        except OSError as error:
            self._fail(error)
            return
        click.echo(f"wand: {_WARNING}", err=True)
        self._write(head)

    def take(self, blocks: bytes, frames: int, lost: int) -> None:
        """
        Write frames.

        @param lost: how many were lost until now.
        """
        self.lost = lost
        if self._write(blocks):
            self.frames += frames

    def finish(self, now: float) -> None:
        """
        Write the end, and say what became of it.

        @param now: in seconds since the epoch.
        @raise WandError: if not all could be written.
        """
        if self._descriptor >= 0:
            self._write(statistics(now, self.frames + self.lost, self.lost))
            with suppress(OSError):
                os.close(self._descriptor)
            self._say("\n")
        if self.problem:
            raise WandError(self.problem)

    def tell(self) -> None:
        """
        Say on a terminal how far it is, in one line that changes.
        """
        if sys.stderr.isatty():
            self._say("")

    def _say(self, end: str) -> None:
        lost = f", {self.lost} frames lost because they could not be written fast enough" if self.lost else ""
        what = "frame" if self.frames == 1 else "frames"
        begin = "\r\x1b[K" if sys.stderr.isatty() else ""
        click.echo(f"{begin}{self.frames} {what}, {self.octets} octets{lost}{end}", err=True, nl=False)

    def _write(self, octets: bytes) -> bool:
        if self._descriptor < 0 or self._isLeft or self.problem:
            return False
        left = memoryview(octets)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
            self.octets += len(octets)
            return True
        except BrokenPipeError:  # Wireshark was closed
            self._isLeft = True
        except OSError as error:
            self._fail(error)
            self._cut(octets, len(octets) - len(left))
        return False

    def _cut(self, blocks: bytes, written: int) -> None:
        """
        Take away what was written of a block.  What standard output leads to may have more in it than ours.
        """
        octets, frames = wholeBlocks(blocks, written)
        self.octets += octets
        self.frames += frames
        if self.path != STANDARD_OUTPUT:
            with suppress(OSError):  # a device has no length
                os.ftruncate(self._descriptor, self.octets)

    def _fail(self, error: OSError) -> None:
        self.problem = f"cannot write {self.path}: {error.strerror}"


def _opened(path: str) -> int:
    if path == STANDARD_OUTPUT:
        return os.dup(sys.stdout.fileno())
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
