"""
An attacker's kit against real processes of a sealed network: strangers, members of other networks, dishonest members
and revoked ones, and whoever records what passes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Any

import attacker
import garbage
import pytest
from deployments import modes
from realm import Realm

from wand.ethernet import MAC
from wand.lab import Host, Lab, wait
from wand.sealed.credentials.identity import NodeKey

pytestmark = pytest.mark.alone

#: The program of a dishonest member.
_DISHONEST = str(Path(attacker.__file__).with_name("dishonest.py"))

#: How much more memory a program may hold after an attack, in octets.
_GROWTH = 5_000_000

#: What the echoes carry; nothing of it may be seen on the wire.
_PATTERN = "c0ffee" + "5ea1ed" * 4 + "42"

_NAMES = ("alice-of-the-hill", "bob-of-the-valley", "eve-of-the-marsh")


class Target(Realm):
    """
    A network to attack, whose programs listen at one address each.

    @ivar killed: the members whose programs were killed for good.
    """

    def __init__(self, lab: Lab, server: Host, address: str, prefix: str = "10.77.0.0/16") -> None:
        super().__init__(lab, f"server-{server.name}")
        self.addresses = {"server": address}
        self.killed: set[str] = set()
        self.install("server", server)
        self.serve("--prefix", prefix, "--listen", address)

    def joinAt(self, name: str, host: Host, address: str, *wishes: str, twistd: tuple[str, ...] = ()) -> None:
        """
        Let a node join that listens at an address.
        """
        self.addresses[name] = address
        self.install(name, host)
        self.join(name, f"--listen={address}", "--port=22222", wishes=wishes, twistd=twistd)

    def startNode(self, name: str, *, twistd: tuple[str, ...] = ()) -> None:
        """
        Start a member, and wait until it is one again.
        """
        self[name].start("wand-node", f"--listen={self.addresses[name]}", "--port=22222", twistd=twistd)
        wait(self[name].isMember, 20, f"the membership of {name}")

    def kill(self, name: str) -> None:
        """
        Kill a member's program for good.
        """
        self.killed.add(name)
        self[name].daemon.kill()

    def peer(self, name: str, other: str) -> dict[str, Any]:
        """
        What C{wand peers} of one says about another.
        """
        found: list[dict[str, Any]] = json.loads(self[name].wand("peers", "--json"))
        return next(each for each in found if each["peer"] == other)

    def counters(self, name: str) -> Counter[str]:
        """
        The counters of a program.
        """
        return self[name].counters()

    def mac(self, name: str) -> bytes:
        """
        The MAC address of a node's tap.
        """
        return bytes(MAC.parse(self[name].status()["tap"]["mac"]))

    def key(self, name: str) -> NodeKey:
        """
        The key of a member, secret half and all.
        """
        return NodeKey.fromSeed(bytes.fromhex((self[name].state / "node.key").read_text().strip()))

    def where(self, name: str) -> tuple[str, str]:
        """
        The address and the UDP port of a program.
        """
        return self.addresses[name], "44444" if name == "server" else "22222"

    def target(self, name: str) -> str:
        """
        A program as C{dishonest.py} wants it.
        """
        key = self.key(name)
        return f"{key.identity.hex()},{key.exchangePublic.hex()},{':'.join(self.where(name))}"

    def ping(self, name: str, other: str, count: int, interval: float = 0.02) -> tuple[float, float]:
        """
        Echoes from one to another.

        @return: the share that was lost, and the median time in milliseconds.
        """
        address = self[other].overlayAddress()
        words = ("ping", "-c", str(count), "-i", str(interval), "-W", "1", "-p", _PATTERN[:32], address)
        command = self[name].host.command(*words)
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
        times = sorted(float(each) for each in re.findall(r"time=([\d.]+)", said))
        return 1 - len(times) / count, times[len(times) // 2] if times else float("inf")

    def unharmed(self) -> None:
        """
        Everybody still runs and has logged no failure, and the nodes reach each other.
        """
        for name, program in self.programs.items():
            if name in self.killed:
                continue
            assert program.daemon.isRunning, (name, program.daemon.tail())
            assert "Traceback" not in program.log, program.daemon.tail(60)
        assert self.ping(_NAMES[0], _NAMES[1], 10)[0] == 0


@pytest.fixture(scope="module")
def realm(lab: Lab) -> Target:
    """
    A server and three honest nodes that talk, with everything on the wire recorded from the beginning.
    """
    words = (sys.executable, attacker.__file__, "record", str(lab.directory / "record"))
    recorder = lab.start("recorder", lab.inSwitch(*words))
    wait(lab.directory.joinpath("record").exists, 10, "the recorder")
    hosts = {
        name: lab.host(name, f"198.51.100.{number}/24") for number, name in enumerate(("wands", "a", "b", "e", "x"), 1)
    }
    found = Target(lab, hosts["wands"], "198.51.100.1")
    for number, (name, host) in enumerate(zip(_NAMES, ("a", "b", "e"), strict=True), 2):
        found.joinAt(name, hosts[host], f"198.51.100.{number}", "--broadcasts", "1000")
    wait(lambda: all(found.ping(_NAMES[0], each, 1)[0] == 0 for each in _NAMES[1:]), 20, "echoes")
    found.ping(_NAMES[0], _NAMES[1], 50)
    recorder.kill()
    return found


@pytest.fixture(scope="module")
def stranger(realm: Target) -> Host:
    """
    A host of the attacker.
    """
    return realm.lab.hosts["x"]


@pytest.fixture(scope="module")
def recorded(realm: Target) -> list[bytes]:
    """
    Every frame that passed the switch while the network came about and echoes went to and fro.
    """
    return attacker.read(realm.lab.directory / "record")


def _throw(realm: Target, stranger: Host, what: list[bytes], source: str, target: tuple[str, str]) -> dict[str, int]:
    path = realm.lab.directory / "thrown"
    attacker.write(path, what)
    words = (sys.executable, attacker.__file__, "throw", str(path), "4000", source, *target)
    said: dict[str, int] = json.loads(stranger.run(*words, timeout=60))
    return said


def _payloads(recorded: list[bytes], *, to: str) -> list[bytes]:
    """
    The datagrams of the recording that went to one address: IPv4 without options, UDP.
    """
    wanted = ip_address(to).packed
    found = [
        frame[42:] for frame in recorded if frame[12:14] == b"\x08\x00" and frame[30:34] == wanted and frame[23] == 17
    ]
    return list(dict.fromkeys(found))  # every port of the switch saw it


def test_captureOfTheUnderlayShowsNothing(realm: Target, recorded: list[bytes]) -> None:
    """
    What passes on the wire, from the first datagram on, has no octet of the frames inside, of MAC addresses, overlay
    addresses, names, the network's name and key, or certificates.
    """
    wire = b"|".join(recorded)
    pairs = [
        ip_address(realm[one].overlayAddress()).packed + ip_address(realm[two].overlayAddress()).packed
        for one, two in (_NAMES[:2], _NAMES[1::-1])
    ]
    secrets = [bytes.fromhex(_PATTERN)[:8], *pairs]
    for name in _NAMES:
        key = realm.key(name)
        secrets += [name.encode(), realm.mac(name), bytes(key.identity)[:16], bytes(key.exchangePublic)[:16]]
        secrets.append(realm[name].overlayAddress().encode())
    secrets.append(bytes.fromhex(realm[_NAMES[0]].status()["own"]["networkKey"])[:16])
    assert len(_payloads(recorded, to=realm.addresses[_NAMES[1]])) > 50
    for secret in secrets:
        assert secret not in wire, secret
    print(f"\n{len(recorded)} frames, {len(wire)} octets on the wire; {len(secrets)} secrets, none of them seen")


@pytest.mark.parametrize("victim", ["server", _NAMES[1]])
@pytest.mark.parametrize("spoofed", [False, True], ids=["from elsewhere", "from the address of a member"])
def test_recordedDatagramsDoNothing(
    realm: Target, stranger: Host, recorded: list[bytes], victim: str, spoofed: bool
) -> None:
    """
    What was recorded, replayed, re-ordered, reflected, truncated and with flipped bits, from the attacker's own
    address and with that of a member: no frame comes out of it, no endpoint moves, no answer is sent, and sessions go
    on.
    """
    alice, bob = _NAMES[:2]
    to, fro = _payloads(recorded, to=realm.addresses[victim]), _payloads(recorded, to=realm.addresses[alice])
    chance = Random(victim)
    shuffled = chance.sample(to, len(to))
    truncated = [each[: chance.randrange(len(each))] for each in to if each]
    flipped = []
    for each in to * 3:
        octets = bytearray(each)
        octets[chance.randrange(4, len(octets))] ^= 1 << chance.randrange(8)
        flipped.append(bytes(octets))
    before = realm.peer(bob, alice)
    source = realm.addresses[alice] if spoofed else "198.51.100.5"
    for kind in (to, to[::-1], shuffled, fro, truncated, flipped):
        said = _throw(realm, stranger, kind, source, realm.where(victim))
        assert said["answers"] == 0
    after = realm.peer(bob, alice)
    assert after["framesReceived"] - before["framesReceived"] < 10  # the hosts' own, now and then
    assert after["endpoint"] == before["endpoint"] == ":".join(realm.where(alice))
    dropped = {
        name: value for name, value in realm.counters(victim).items() if name.startswith("drop-sealed") and value
    }
    assert dropped["drop-sealed-replayed"] + dropped.get("drop-sealed-unknown-index", 0) > 0
    print(f"\n{victim}: {6 * len(to)} datagrams; {dropped}")
    realm.unharmed()


def test_forgedDatagramsDoNothing(realm: Target, stranger: Host, recorded: list[bytes]) -> None:
    """
    Datagrams for a live session, with the right index, any counter and the source address of the member, that the
    attacker made himself: they do not open, move nothing, and are counted in the member's account.
    """
    alice, bob = _NAMES[:2]
    realm.ping(alice, bob, 5)
    index = next(each[4:8] for each in reversed(_payloads(recorded, to=realm.addresses[bob])) if each[0] == 4)
    chance = Random(0)
    forged = [
        b"\4\0\0\0" + index + chance.randbytes(8) + chance.randbytes(chance.randrange(16, 1400)) for _ in range(500)
    ]
    before = realm.counters(bob)
    assert _throw(realm, stranger, forged, realm.addresses[alice], realm.where(bob))["answers"] == 0
    after = realm.counters(bob)
    names = ("drop-sealed-forged", "drop-sealed-replayed", "drop-sealed-unknown-index")
    assert sum(after[name] - before[name] for name in names) == 500
    assert realm.peer(bob, alice)["endpoint"] == ":".join(realm.where(alice))
    realm.unharmed()


@contextmanager
def _dishonest(host: Host, state: Path, listen: str, target: str) -> Iterator[subprocess.Popen[str]]:
    words = (
        sys.executable,
        str(Path(attacker.__file__).with_name("dishonest.py")),
        str(state),
        listen,
        "22222",
        target,
    )
    process = subprocess.Popen(
        host.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), False)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    with suppress(TypeError):
        return process.stdout.read() or ""
    return ""


def _order(process: subprocess.Popen[str], frame: bytes, count: int = 1, source: str = "") -> None:
    assert process.stdin is not None
    process.stdin.write(f"{count} {frame.hex()} {source}\n")
    process.stdin.flush()


def test_aDishonestMemberCanNotBeAnother(realm: Target) -> None:
    """
    A member with a valid certificate and a program of its own cannot send frames as another member, be a DHCP server
    or a router, speak for the address of another, or drown others in broadcasts; each is counted in its account.
     What it sends as itself arrives.
    """
    alice, bob, eve = _NAMES
    macs = {name: realm.mac(name) for name in _NAMES}
    addresses = {name: ip_address(realm[name].overlayAddress()).packed for name in _NAMES}
    realm.kill(eve)
    header = macs[bob] + macs[eve]
    offer = b"\x08\x00" + bytes([0x45, 0, 0, 200, 0, 0, 0, 0, 64, 17, 0, 0]) + addresses[eve] + addresses[bob]
    offer += b"\x00\x43\x00\x44" + bytes(160)
    advertisement = b"\x86\xdd" + bytes([0x60, 0, 0, 0, 0, 48, 58, 255]) + bytes(32) + b"\x86" + bytes(47)
    claim = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02" + macs[eve] + addresses[alice] + macs[bob] + addresses[bob]
    with _dishonest(realm[eve].host, realm[eve].state, realm.addresses[eve], realm.target(bob)) as process:
        wait(lambda: "up" in _said(process), 10, "the session of the dishonest member")
        before = realm.peer(bob, eve)
        _order(process, macs[bob] + macs[alice] + b"\x88\xb5spoofed", 7)
        _order(process, macs[bob] + bytes.fromhex("020102030405") + b"\x88\xb5nobody's", 2)
        for frame in (offer, advertisement, claim):
            _order(process, header + frame, 3)
            _order(process, b"\xff" * 6 + macs[eve] + frame, 3)
        _order(process, header + b"\x88\xb5as itself", 5)
        for _ in range(10):
            _order(process, b"\xff" * 6 + macs[eve] + b"\x88\xb5" + bytes(60), 400)
        expected = {"spoofed": 9, "guarded": 18}

        def reasons() -> dict[str, int]:
            found = realm.peer(bob, eve)["reasons"]
            return {name: count - before["reasons"].get(name, 0) for name, count in found.items()}

        wait(lambda: {name: reasons().get(name) for name in expected} == expected, 5, "the account")
        wait(lambda: reasons().get("flooded", 0) > 500, 5, "the budget for broadcasts")
        arrived = realm.peer(bob, eve)["framesReceived"] - before["framesReceived"]
        assert 5 <= arrived < 18 + 5 + 3500
        print(f"\n{reasons()}, {arrived} frames arrived")
        assert all(realm.counters(bob)[f"guard-{what}"] == 6 for what in ("dhcp", "router", "address"))
    realm.unharmed()


#: Says how many octets have come, each time that some come.
_LISTENER = """
import socket
sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind(("0.0.0.0", 22222))
octets = 0
while True:
    print(octets, flush=True)
    octets += len(sink.recv(65536))
"""


def test_aDishonestMemberLeadsNothingToAVictim(realm: Target, stranger: Host) -> None:
    """
    A member that sends from the address of a victim moves nothing there: the victim gets challenges, no longer than
    what came, while frames for the member go where it is.
    """
    _, bob, eve = _NAMES
    before = realm.peer(bob, eve)
    frame = realm.mac(bob) + bytes(MAC.parse(before["macs"][0])) + b"\x88\xb5" + bytes(60)
    inside = "10.77.0.4"
    if eve not in realm.killed:
        realm.kill(eve)
    where = (realm[eve].host, realm[eve].state, realm.addresses[eve], realm.target(bob))
    listener = stranger.start("listener", sys.executable, "-c", _LISTENER)
    wait(listener.tail, 10, "the listener")
    with _dishonest(*where) as process:
        wait(lambda: "up" in _said(process), 10, "the session of the dishonest member")
        flow = realm[bob].host.command("ping", "-q", "-i", "0.01", "-s", "1000", inside)
        with subprocess.Popen(flow, stdout=subprocess.DEVNULL) as pings:
            for _ in range(20):
                _order(process, frame, 1, "198.51.100.5")
                time.sleep(0.1)  # so that they come while frames flow
            pings.kill()
        assert realm.peer(bob, eve)["endpoint"] == ":".join(realm.where(eve))
    wait(lambda: listener.tail(1) != "0", 10, "a challenge")
    listener.kill()
    assert int(listener.tail(1)) <= 20 * (33 + len(frame))
    realm.unharmed()


def test_revocationEndsALiveSession(realm: Target) -> None:
    """
    A member that is revoked while it is in session is cut off within seconds, and gets no session any more, whatever
    its program does: its certificate is still in date.
    """
    _, bob, eve = _NAMES
    assert eve in realm.killed
    where = (realm[eve].host, realm[eve].state, realm.addresses[eve], realm.target(bob))
    with _dishonest(*where) as process:
        wait(lambda: "up" in _said(process), 10, "the session")
        assert realm.peer(bob, eve)["state"] not in ("idle", "ended")
        begin = time.monotonic()
        realm["server"].wand("revoke", "--yes", eve)
        wait(lambda: eve not in realm[bob].wand("peers"), 10, "the end of the session")
        print(f"\nrevoked and cut off after {time.monotonic() - begin:.2f} s")
    refused = realm.counters(bob)["drop-sealed-refused"]
    with _dishonest(*where) as process:
        wait(lambda: realm.counters(bob)["drop-sealed-refused"] > refused, 10, "the refusal")
        assert "up" not in _said(process)
    realm.unharmed()


def test_aMemberOfAnotherNetworkIsAStranger(realm: Target, stranger: Host) -> None:
    """
    A member of a second network, with a valid certificate of that one, gets no session and no answer.
    """
    _, bob, _ = _NAMES
    other = Target(realm.lab, stranger, "198.51.100.5", "10.78.0.0/16")
    other.joinAt("mallory", stranger, "198.51.100.5")
    other["mallory"].daemon.kill()
    other["server"].daemon.kill()
    before = realm.counters(bob)
    with _dishonest(stranger, other["mallory"].state, "198.51.100.5", realm.target(bob)) as process:
        wait(lambda: realm.counters(bob)["drop-sealed-handshake"] > before["drop-sealed-handshake"], 10, "the refusal")
        assert "up" not in _said(process)
    assert realm.counters(bob)["sealed-initiations-answered"] == before["sealed-initiations-answered"]
    realm.unharmed()


@pytest.mark.parametrize("kind", ["wrong", "right"])
@pytest.mark.parametrize("victim", [_NAMES[1], "server"])
def test_floodOfHandshakes(realm: Target, stranger: Host, victim: str, kind: str) -> None:
    """
    During 10,000 initiations a second of strangers, from many addresses, with a wrong mac1 or with the right one, the
    sessions that there are keep passing frames, and memory stays flat.
    """
    alice, bob, _ = _NAMES
    key = realm.key(victim).exchangePublic.hex()
    words = (sys.executable, attacker.__file__, "flood", kind, key)

    def flood(count: int) -> subprocess.Popen[str]:
        command = stranger.command(*words, str(count), "10000", "198.51.100.100+100", *realm.where(victim))
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    flood(10_000).wait()
    loss, usual = realm.ping(alice, bob, 50)
    memory, before = realm[victim].daemon.residentBytes, realm.counters(victim)
    attack = flood(50_000)
    lost, median = realm.ping(alice, bob, 200)
    document = json.loads(attack.communicate(timeout=60)[0])
    after = realm.counters(victim)
    arrived = after["udp-received-datagrams"] - before["udp-received-datagrams"]
    grown = realm[victim].daemon.residentBytes - memory
    print(
        f"\n{victim}, {kind} mac1: {document['sent'] / document['seconds']:.0f} initiations/s sent, {arrived} of"
        f" {document['sent']} read; echoes lost {lost:.1%} (before {loss:.1%}), median {median:.2f} ms"
        f" (before {usual:.2f} ms); memory {grown / 1e6:+.2f} MB"
    )
    assert lost <= 0.05
    assert after["drop-udp-full"] == before["drop-udp-full"]
    assert grown < _GROWTH
    assert after["sealed-initiations-answered"] - before["sealed-initiations-answered"] < 5
    realm.unharmed()


@pytest.mark.parametrize("rate", [150, 2_000, 10_000])
@pytest.mark.parametrize(
    "sources", ["198.51.100.100+100", "198.51.100.3", "10.9.8.1+200"], ids=["nobody's", "the node's own", "elsewhere"]
)
def test_aNodeComesBackDuringAFlood(realm: Target, stranger: Host, sources: str, rate: int) -> None:
    """
    A node that is restarted during a flood of initiations with a right mac1 gets its session with the server: it
    answers the demand for a cookie.  The addresses in them are of the network and nobody's, the node's own, or of
    elsewhere.
    """
    _, bob, _ = _NAMES
    assert realm.addresses[bob] == "198.51.100.3"
    realm["server"].host.run("ip", "route", "replace", "10.9.8.0/24", "via", "198.51.100.5")
    key = realm.key("server").exchangePublic.hex()
    words = ("flood", "right", key, str(20 * rate), str(rate), sources, *realm.where("server"))
    before = realm.counters("server")["sealed-cookies-demanded"]
    with subprocess.Popen(
        stranger.command(sys.executable, attacker.__file__, *words), stdout=subprocess.DEVNULL
    ) as attack:
        wait(lambda: realm.counters("server")["sealed-cookies-demanded"] > before, 10, "the flood")
        realm[bob].daemon.stop()
        begin = time.monotonic()
        realm.startNode(bob)
        wait(lambda: realm[bob].status()["directories"][0]["state"] == "answered", 8, "the answer of the server")
        assert attack.poll() is None
        print(f"\nback after {time.monotonic() - begin:.2f} s")
        attack.kill()
    realm.unharmed()


@pytest.mark.parametrize("victim", [_NAMES[1], "server"])
def test_randomDatagramsChangeNothing(realm: Target, stranger: Host, victim: str) -> None:
    """
    After 100,000 random datagrams a node and a server hold no more memory, logged no failure, and work.
    """
    stranger.run(*garbage.command("sealed", *realm.where(victim), 5_000))
    memory, before = realm[victim].daemon.residentBytes, realm.counters(victim)["udp-received-datagrams"]
    stranger.run(*garbage.command("sealed", *realm.where(victim), 100_000), timeout=60)
    assert realm.counters(victim)["udp-received-datagrams"] - before > 90_000
    assert realm[victim].daemon.residentBytes - memory < _GROWTH
    realm.unharmed()


@pytest.mark.parametrize("victim", [_NAMES[1], "server"])
def test_randomConnectionsChangeNothing(realm: Target, victim: str) -> None:
    """
    After 2,000 connections to the control socket that send random octets, a program holds no more memory, logged no
    failure, and answers.
    """
    chance = Random(2)
    garbage.connect(realm[victim].control, chance, 200)
    memory = realm[victim].daemon.residentBytes
    garbage.connect(realm[victim].control, chance, 2000)
    assert realm[victim].daemon.residentBytes - memory < _GROWTH
    realm.unharmed()


def test_stateIsForItsOwnerOnlyAndPrivilegesAreDropped() -> None:
    """
    A node and a server that are told to become somebody without rights join and work as that one, what they keep is
    for that one only, and they do not start when others could read it.
    """
    with Lab() as lab:
        lab.directory.chmod(0o777)
        dropped = ("--uid=nobody", "--gid=nogroup")
        server, host = lab.host("s", "198.51.100.1/24"), lab.host("n", "198.51.100.2/24")
        realm = Target(lab, server, "198.51.100.1")
        realm.joinAt("node", host, "198.51.100.2", twistd=dropped)
        wait(lambda: realm["node"].overlayAddress() in host.run("ip", "-brief", "address"), 10, "the overlay address")
        status = Path(f"/proc/{realm['node'].daemon.process.pid}/status").read_text()
        assert "Uid:\t65534\t65534\t65534\t65534" in status
        assert "CapEff:\t0000000000000000" in status
        state = realm["node"].state
        assert state.stat().st_mode & 0o777 == 0o700
        assert all(mode & 0o77 == 0 for mode in modes(realm["server"].state).values())
        realm["node"].daemon.stop()
        for file in state.iterdir():
            assert (file.name, file.stat().st_mode & 0o777, file.stat().st_uid) == (file.name, 0o600, 65534)
        for path, mode in ((state, 0o755), (state / "node.key", 0o640), (state / "membership", 0o604)):
            kept = path.stat().st_mode & 0o777
            path.chmod(mode)
            daemon = realm["node"].start("wand-node", "--listen=198.51.100.2", twistd=dropped)
            wait(lambda daemon=daemon: not daemon.isRunning, 10, "the refusal")
            assert daemon.process.returncode != 0
            assert str(path) in daemon.tail(3), daemon.tail(3)
            path.chmod(kept)
        realm.startNode("node", twistd=dropped)
        assert "Traceback" not in realm["node"].log
