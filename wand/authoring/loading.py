"""
Discovery of what somebody's project publishes, in a process of its own, so that nothing of it can disturb the check.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from wand.authoring.building import Runner
from wand.authoring.outcome import bad, good, tail
from wand.plugin_status import CheckedStatus

_PROGRAM: Final = """
import json, sys
from functools import partial
from wand.discovery.catalogue import lookAt
from wand.discovery.entry_points import load
from wand.discovery.published import Published
from wand.discovery.settings import settings, settingsOf
answer, asked = sys.argv[1:]
said = []
for kind, name, target in json.loads(asked):
    look = lookAt(Published(kind, name, target, "", "", partial(load, target)))
    known = None if look.plugin is None else settingsOf(look.plugin)
    mute = []
    try:
        mute = [each.name for each in settings(known) if not each.about] if known else []
    except Exception as error:
        mute = [f"({type(error).__name__}: {error})"]
    said.append((kind, name, look.state, look.reason, look.plugin is None or known is not None, mute))
with open(answer, "w") as file:
    json.dump(said, file)
"""


def loaded(project: Path, points: list[tuple[str, str, str]], run: Runner) -> Iterator[CheckedStatus]:
    """
    Load what is published, and look at it.

    @param points: the kind, the name and the target of each entry point.
    """
    with TemporaryDirectory() as folder:
        answer = Path(folder) / "answer"
        done = run(project, "-c", _PROGRAM, str(answer), json.dumps(points))
        if not answer.exists():
            yield bad("discovery", f"Python ended while it was loaded: {tail(done)}")
            return
        said = json.loads(answer.read_text())
    for kind, name, state, reason, tells, mute in said:
        if state == "broken" or (state == "usable" and reason):
            yield bad("discovery", f"{kind} {name}: {reason}")
        elif not tells:
            yield bad("discovery", f"{kind} {name} has no attribute settings, so nobody learns what it can be told")
        elif mute:
            what = ", ".join(mute)
            yield bad("discovery", f"{kind} {name} does not say what {what} means: put @ivar into its settings")
        else:
            yield good("discovery", f"{kind} {name} is {state}" + (f": {reason}" if reason else ""))
