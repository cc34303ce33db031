"""
The demo: what it prints, and that it works with every privilege or none.
"""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from wand.lab import PROGRAMS, execute, wait

#: Ways to run it, as prefixes of the command: as root; as one who may not make network namespaces, but namespaces of
#: his own; and as one who may make none at all.
_PREFIXES = {
    "root": (),
    "user namespace": ("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-all"),
    "memory": (
        "unshare",
        "--user",
        "--map-root-user",
        "sh",
        "-c",
        'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin --inh-caps=-all "$@"',
        "sh",
    ),
}


@pytest.mark.alone
@pytest.mark.parametrize("protocol", ["sealed", "rel2"])
@pytest.mark.parametrize(
    ("who", "way"), [("root", "namespaces"), ("user namespace", "namespaces"), ("memory", "memory")]
)
def test_everythingIsMeasured(who: str, way: str, protocol: str) -> None:
    """
    The figures of the demo are one JSON document; it works for everyone, and leaves nothing behind.
    """
    command = [*_PREFIXES[who], str(PROGRAMS / "wand"), "demo", "--fast", "--json", f"--protocol={protocol}"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    document, shown = process.communicate(timeout=120)
    assert process.returncode == 0, shown
    figures = json.loads(document)
    assert (figures["way"], figures["protocol"]) == (way, protocol)
    assert len(figures["pings"]) == 6
    assert figures["transfer"]["intact"]
    assert figures["rate"] > 1_000_000
    assert figures["failure"]["answered"] > 0
    assert figures["failure"]["returned"] < 10
    assert figures["total"] < 20  # 4 where nothing else runs
    if protocol == "sealed":
        assert [each["address"] for each in figures["admissions"]] == [f"10.77.0.{number}/16" for number in (1, 2, 3)]
        assert figures["capture"]["datagrams"] > 30
        assert figures["capture"]["found"] == []
        assert figures["silence"]["answers"] == 0
        assert figures["revocation"]["seconds"] < 3
        assert figures["revocation"]["answered"] > 0
    assert f"wand-lab-{process.pid}-" not in execute("ip", "netns", "list")


def test_keptNetworkStaysUntilItIsInterrupted() -> None:
    """
    With --keep the demo says how to enter its network, and ends well at Ctrl-C.
    """
    process = subprocess.Popen([PROGRAMS / "wand", "demo", "--fast", "--keep"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = ""
    while "ip netns exec" not in line:
        line = process.stdout.readline()
        assert line, "it ended before it said how to enter"
    namespace = line.split("ip netns exec ")[1].split()[0]
    assert "wan0" in wait(lambda: execute("ip", "-n", namespace, "-brief", "link"), 5, "the interfaces")
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    assert process.wait(60) == 0
    assert namespace not in execute("ip", "netns", "list")
