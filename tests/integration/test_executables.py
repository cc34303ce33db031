"""
Real programs of the operator's, in C{hooks.d}: one refuses a node, which reads why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from wand.lab import CommandFailed, wait
from wand.lab.deployment import Deployment

#: The one that the documentation shows.
ADMIT_LISTED = Path(__file__).parents[2] / "docs" / "examples" / "admit-listed.sh"

#: Notes who was told of what, and who it is.
NOTE = """#!/bin/sh
sed "s/^/$(id -u) /" >> {0}
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """
    C{hooks.d}, in a place that everybody may look at.
    """
    made = Path(mkdtemp())
    made.chmod(0o755)
    for name in ("admit", "every-event"):
        (made / name).mkdir(mode=0o755)
    yield made
    rmtree(made)


def test_aRefusalIsRead(makeNetwork: Callable[..., Deployment], folder: Path) -> None:
    """
    A node that is not in the list is refused, and its operator reads the reason; once it is listed, it joins.  Another
    executable is told of everything, as nobody.
    """
    hosts, told = folder / "hosts", folder / "told"
    hosts.write_text("somebody-else\n")
    told.touch()
    told.chmod(0o666)
    admit, note = folder / "admit" / "10-listed", folder / "every-event" / "note"
    admit.write_text(ADMIT_LISTED.read_text().replace("/etc/wand/hosts", str(hosts)))
    note.write_text(NOTE.format(told))
    for each in (admit, note):
        each.chmod(0o755)
    network = makeNetwork(count=1)
    server, node = network.topology.server, network.topology.nodes[0]
    file = network.files.configuration(server)
    settings = f'\n[hook-settings.executables]\npath = "{folder}"\n'
    file.write_text('hooks = ["executables"]\n' + file.read_text() + settings)
    network.startAll()
    token = network.invite(node)
    with pytest.raises(CommandFailed, match="node-1 is not in the list of hosts"):
        network.command(node, "join", str(token))
    wait(lambda: "not in the list" in told.read_text(), 10, "the word of the refusal")
    hosts.write_text("node-1\n")
    network.admit(node)
    wait(lambda: '"member-joined"' in told.read_text(), 10, "the event")
    assert not any(line.startswith("0 ") for line in told.read_text().splitlines())
