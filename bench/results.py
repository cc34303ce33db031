"""
The document of a benchmark: what was measured, where, and of what.
"""

from __future__ import annotations

import platform
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bench.contenders.base import firstLine
from wand.errors import WandError


class ResultsInvalid(WandError):
    """
    A file is not a document of a benchmark.
    """


class Machine(msgspec.Struct, frozen=True):
    """
    The machine.

    @ivar memory: in megabytes.
    @ivar programs: what measured, with versions.
    """

    kernel: str
    processor: str
    processors: int
    memory: int
    python: str
    programs: dict[str, str]


class Entrant(msgspec.Struct, frozen=True):
    """
    A contender that took part.

    @ivar mtu: of its interface.
    """

    layer: int
    encryption: str
    version: str
    mtu: int


class Settings(msgspec.Struct, frozen=True):
    """
    How it was measured.

    @ivar seconds: how long each load lasted.
    @ivar congestion: the congestion control of TCP.
    """

    rounds: int
    seconds: float
    congestion: str


class Turn(msgspec.Struct):
    """
    What one contender did in one round.

    @ivar figures: by their names.
    @ivar stalls: the pause in seconds of each TCP stream that stalled, by the name of the figure.
    @ivar failures: what could not be measured, and why.
    @ivar disturbance: the share of the processors' time that went to others meanwhile, 0 to 1.
    """

    figures: dict[str, float] = {}
    stalls: dict[str, float] = {}
    failures: dict[str, str] = {}
    disturbance: float = 0.0


class Results(msgspec.Struct):
    """
    Everything.

    @ivar began: in UTC.
    @ivar missing: contenders and modes that could not take part, and why.
    @ivar turns: by mode and contender, one of each round.
    @ivar medians: of the figures, by mode and contender.
    @ivar spreads: the least and the greatest of each figure, by mode and contender.
    @ivar ratios: of the medians to the best of the baseline, by mode and contender.
    """

    began: str
    machine: Machine
    settings: Settings
    entrants: dict[str, Entrant] = {}
    missing: dict[str, str] = {}
    turns: dict[str, dict[str, list[Turn]]] = {}
    medians: dict[str, dict[str, dict[str, float]]] = {}
    spreads: dict[str, dict[str, dict[str, tuple[float, float]]]] = {}
    ratios: dict[str, dict[str, dict[str, float]]] = {}

    @classmethod
    def begin(cls, settings: Settings) -> Results:
        """
        An empty document of this machine and moment.
        """
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), machine(), settings)

    @classmethod
    def read(cls, path: Path) -> Results:
        """
        Read a document.

        @raise ResultsInvalid: if it is none.
        """
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.MsgspecError) as error:
            raise ResultsInvalid(f"{path} is not a document of a benchmark: {error}") from error

    def encode(self) -> bytes:
        """
        The document as JSON.
        """
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


def machine() -> Machine:
    """
    Look at this machine.
    """
    information = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", information, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return Machine(
        kernel=platform.release(),
        processor=model[1] if model else platform.machine(),
        processors=len(re.findall(r"^processor\s*:", information, re.MULTILINE)),
        memory=int(memory[1]) // 1024 if memory else 0,
        python=platform.python_version(),
        programs={"iperf3": firstLine("iperf3", "--version"), "ping": firstLine("ping", "-V")},
    )
