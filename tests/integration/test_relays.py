"""
Relays with real processes and kernels: two nodes whose datagrams do not reach each other talk over the server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from realm import Realm

from wand.lab import CommandFailed, Lab, execute, wait
from wand.lab.topology import Node
from wand.lab.transfer import transfers

pytestmark = pytest.mark.alone


def hide(lab: Lab, one: str, two: str) -> None:
    """
    Let nothing through between two hosts.
    """
    rules = "".join(f'iifname "{a}" oifname "{b}" drop; ' for a, b in ((one, two), (two, one)))
    script = f"table bridge hide {{ chain hide {{ type filter hook forward priority 0; {rules}}}; }}\n"
    execute(*lab.inSwitch("nft", "-f", "-"), sent=script)


@pytest.fixture(scope="module")
def realm() -> Iterator[Realm]:
    """
    A server and two members that are hidden from each other, for all tests.
    """
    with Lab() as lab:
        realm = Realm(lab)
        realm.serve()
        for name in ("one", "two"):
            realm.install(name)
        hide(lab, "one", "two")
        for name in ("one", "two"):
            realm.join(name)
        yield realm


def echoes(realm: Realm, source: str, address: str, *options: str) -> bool:
    """
    Does an address answer?
    """
    try:
        realm[source].host.run("ping", "-n", "-c", "1", "-W", "1", *options, address)
    except CommandFailed:
        return False
    return True


def test_overTheServer(realm: Realm) -> None:
    """
    The first echo comes over the server, a TCP connection goes through whole, and what the kernel gave the server as
    trains leaves it as trains.  The server neither seals nor opens anything of it.
    """
    addresses = {name: realm[name].overlayAddress() for name in ("one", "two")}
    wait(lambda: echoes(realm, "one", addresses["two"]), 10, "an echo over the server")

    def counted() -> Counter[str]:
        return realm["server"].counters()

    before = counted()
    ends = [Node(name, "", addresses[name], "") for name in ("one", "two")]
    *_, last = transfers(realm["one"].host, realm["two"].host, *ends, seconds=2.0)
    after = counted()
    assert last.intact
    assert last.octets > 1_000_000
    relayed = {name: after[name] - before[name] for name in after if name.startswith(("relay-", "drop-relay"))}
    assert relayed["relay-octets"] > last.octets
    assert relayed["relay-datagrams"] > 4 * relayed["relay-trains"] > 0
    assert not any(count for name, count in relayed.items() if name.startswith("drop-") and name != "drop-relay-unsent")
    status = realm["server"].status()["relay"]
    assert (status["on"], status["channels"]) == (True, 1)
    print(f"{last.rate / 1e6:.0f} Mbit/s, {relayed}")


def test_overAMember(realm: Realm) -> None:
    """
    A node with the relay right passes datagrams on where the server does not.
    """
    realm["server"].daemon.stop()
    realm.serve("--relay=no")
    realm.install("three")
    realm.join("three", "--relay=yes", wishes=("--relay",))
    wait(lambda: echoes(realm, "one", realm["two"].overlayAddress()), 60, "an echo over the member")
    wait(lambda: realm["three"].status()["relay"]["channels"] == 1, 10, "a channel of the member")
    status = realm["three"].status()
    assert status["own"]["relay"]
    assert (status["relay"]["on"], status["relay"]["channels"]) == (True, 1)
    assert realm["server"].status()["relay"]["datagrams"] == 0
