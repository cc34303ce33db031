"""
Run targets one after the other, each in a process of its own: libFuzzer ends the one that it runs in.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

from fuzz.targets import TARGETS


def main() -> int:
    """
    See L{fuzz}.

    @return: the exit status: 1 if there is a finding.
    """
    parser = ArgumentParser(prog="python -m fuzz", description="Fuzz the parsers.")
    parser.add_argument("--seconds", type=int, default=20, help="for each target [default: 20]")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"some of {', '.join(TARGETS)}; else all")
    wishes = parser.parse_args()
    unknown = set(wishes.targets) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    return max([_run(name, wishes.seconds) for name in wishes.targets or TARGETS])


def _run(name: str, seconds: int) -> int:
    print(f"{name}: {seconds} s", flush=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(TARGETS[name].seeds()):
            Path(corpus, str(number)).write_bytes(seed)
        limits = (f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", f"-artifact_prefix={name}-")
        command = [sys.executable, "-m", "fuzz.one", name, *limits, "-max_len=4096", "-print_final_stats=1", corpus]
        return int(subprocess.run(command, check=False).returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
