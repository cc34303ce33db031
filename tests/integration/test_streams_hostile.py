"""
Strangers at a server's port for streams: members over UDP are not slowed, and members over streams still come in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest
import stream_attacks
from realm import Realm

from wand.lab import Host, Lab, wait
from wand.lab.installation import Installation

pytestmark = pytest.mark.alone

#: Where the server is, and for how many seconds it is attacked.
SERVER = "198.51.100.1"
SECONDS = 5


@pytest.fixture(scope="module")
def realm() -> Iterator[Realm]:
    """
    A server with a port for streams, and two members over UDP that reach each other over its relay alone.
    """
    with Lab() as lab:
        made = Realm(lab)
        made.serve("--tcp=0.0.0.0:443")
        for name in ("one", "two"):
            made.install(name)
            made.join(name)
        one, two = made["one"], made["two"]
        for host, other in ((one.host, "198.51.100.3"), (two.host, "198.51.100.2")):
            chain = f"type filter hook input priority 0; ip saddr {other} meta l4proto udp drop;"
            host.run("nft", "-f", "-", sent=f"table inet apart {{ chain input {{ {chain} }}; }}")
        yield made


def echoes(realm: Realm, count: int) -> list[float]:
    """
    How many milliseconds echoes take between the members, fifty in a second; those that are lost are left out.
    """
    address = realm["two"].overlayAddress()
    command = (sys.executable, "-m", "wand.lab.echo", "0.02", str(count), address)
    return [json.loads(each)["milliseconds"] for each in realm["one"].host.run(*command, timeout=60).splitlines()]


def processorSeconds(server: Installation) -> float:
    """
    What the server has used.
    """
    fields = Path(f"/proc/{server.daemon.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def attack(host: Host, kind: str, seconds: float = SECONDS, port: int = 443) -> subprocess.Popen[str]:
    """
    Begin an attack.
    """
    command = host.command(sys.executable, stream_attacks.__file__, kind, SERVER, str(port), str(seconds))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def usual(realm: Realm) -> list[float]:
    """
    How long echoes take while nobody attacks.
    """
    wait(lambda: len(echoes(realm, 10)) == 10, 10, "echoes")
    return echoes(realm, 100)


@pytest.mark.parametrize("kind", ["connects", "handshakes", "frames", "records"])
def test_membersAreNotSlowed(realm: Realm, usual: list[float], kind: str) -> None:
    """
    Whatever strangers do there, echoes that the server relays over UDP take about as long as before.
    """
    stranger, server = (
        realm.lab.hosts.get("stranger") or realm.lab.host("stranger", "198.51.100.99/24"),
        realm["server"],
    )
    wait(lambda: len(echoes(realm, 10)) == 10, 10, "echoes")
    idle, before = processorSeconds(server), server.counters()["streams-opened"]
    attacking = attack(stranger, kind)

    # Of records the server soon reads no more, which costs it next to nothing.
    def begun() -> bool:
        return processorSeconds(server) > idle + 0.05 or server.counters()["streams-opened"] > before

    wait(begun, 5, "the attack")
    used, began = processorSeconds(server), time.monotonic()
    found = echoes(realm, 200)
    share = (processorSeconds(server) - used) / (time.monotonic() - began)
    done = int(attacking.communicate(timeout=60)[0])
    print(
        f"\n{kind}: {done / SECONDS:.0f}/s; of 200 echoes {len(found)} came, median {median(found):.2f} ms (before"
        f" {median(usual):.2f} ms), the slowest twentieth {sorted(found)[-10]:.1f} ms (before {sorted(usual)[-5]:.1f}"
        f" ms); {share:.0%} of a processor"
    )
    assert len(found) >= 190
    assert share < 0.8
