"""
Courses as a picture of curves; matplotlib draws it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.simulate.scenarios import Course
from wand.errors import WandError


def draw(courses: Sequence[Course], path: Path) -> list[Path]:
    """
    Draw the curves of all courses that have one, and below them what was sent meanwhile.

    @param path: where, without a suffix.
    @return: the files that were written.
    @raise WandError: if matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise WandError("pictures need matplotlib: pip install matplotlib; or leave out --picture") from None
    shown = [course for course in courses if course.curve]
    figure = Figure(figsize=(4.2 * max(1, len(shown)), 5.4), layout="constrained")
    FigureCanvasAgg(figure)
    for at, course in enumerate(shown, 1):
        axes = figure.add_subplot(2, len(shown), at)
        axes.plot([seconds for seconds, _ in course.curve], [100 * share for _, share in course.curve], color="#3366aa")
        axes.set_title(course.title, fontsize=10)
        axes.set_ylabel("members that know, %")
        axes.set_ylim(0, 103)
        axes.grid(alpha=0.3)
        below = figure.add_subplot(2, len(shown), len(shown) + at, sharex=axes)
        below.plot([seconds for seconds, _ in course.traffic], [rate / 1000 for _, rate in course.traffic])
        below.set_xlabel("seconds")
        below.set_ylabel("sent, kB/s a member")
        below.set_ylim(bottom=0)
        below.grid(alpha=0.3)
    files = [path.with_suffix(".svg"), path.with_suffix(".png")]
    for file in files:
        figure.savefig(file, dpi=110, metadata={"Date": None} if file.suffix == ".svg" else None)
    return files
