"""
An attacker's kit against real processes of a sealed network: strangers, members of other networks, dishonest members
and revoked ones, and whoever records what passes.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Any

import pytest

from wand.ethernet import MAC
from wand.lab import Daemon, Host, Lab, wait
from wand.membership.identity import NodeKey

_HERE = Path(__file__).parent

#: How much more memory a program may hold after an attack, in octets.
_GROWTH = 5_000_000

#: What the echoes carry; nothing of it may be seen on the wire.
_PATTERN = "c0ffee" + "5ea1ed" * 4 + "42"

_NAMES = ("alice-of-the-hill", "bob-of-the-valley", "eve-of-the-marsh")


class Realm:
    """
    A server and nodes of one network, each a process of twistd on a host of its own.
    """

    def __init__(self, lab: Lab, programs: Path, server: Host, address: str, prefix: str) -> None:
        self.lab = lab
        self.hosts: dict[str, Host] = {"server": server}
        self.addresses = {"server": address}
        self.daemons: dict[str, Daemon] = {}
        self._programs = programs
        self._server = f"server-{server.name}"
        self.daemons["server"] = self._start("server", "wand-server", "--prefix", prefix, "--listen", address)
        wait(self.state("server").joinpath("first-invitation").exists, 15, "the server")

    def state(self, name: str) -> Path:
        return self.lab.directory / f"{self._file(name)}-state"

    def control(self, name: str) -> Path:
        return self.lab.directory / f"{self._file(name)}.sock"

    def _file(self, name: str) -> str:
        return self._server if name == "server" else name

    def _start(self, name: str, *arguments: str, before: tuple[str, ...] = ()) -> Daemon:
        twistd = (str(self._programs / "twistd"), "-n", "--pidfile=", *before)
        files = ("--state", str(self.state(name)), "--control", str(self.control(name)))
        return self.hosts[name].start(self._file(name), *twistd, *arguments, *files)

    def join(self, name: str, host: Host, address: str, *invite: str, before: tuple[str, ...] = ()) -> None:
        """
        Start a node that joins, and wait until it is a member.
        """
        token = self.lab.directory / f"{name}.token"
        token.write_text(self.wand("server", "invite", *invite))
        self.hosts[name], self.addresses[name] = host, address
        self.start(name, "--join-file", str(token), "--name", name, before=before)

    def start(self, name: str, *arguments: str, before: tuple[str, ...] = ()) -> None:
        listen = ("--listen", self.addresses[name], *arguments)
        self.daemons[name] = self._start(name, "wand-node", *listen, before=before)
        wait(lambda: self._isMember(name), 20, f"the membership of {name}")

    def _isMember(self, name: str) -> bool:
        assert self.daemons[name].isRunning, self.daemons[name].tail()
        if not self.control(name).exists():
            return False
        return self.status(name)["own"]["stage"] == "member"

    def wand(self, name: str, *arguments: str) -> str:
        command = [sys.executable, "-m", "wand.cli.main", "--control", str(self.control(name)), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout

    def status(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.wand(name, "status", "--json"))
        return found

    def counters(self, name: str) -> dict[str, int]:
        found = json.loads(self.wand(name, "counters", "--json"))
        return defaultdict(int, {each["name"]: each["value"] for each in found})

    def peer(self, name: str, other: str) -> dict[str, Any]:
        """
        What C{wand peers} of one says about another.
        """
        found: list[dict[str, Any]] = json.loads(self.wand(name, "peers", "--json"))
        return next(each for each in found if each["peer"] == other)

    def inside(self, name: str) -> str:
        address: str = self.status(name)["own"]["addresses"][0]
        return address.partition("/")[0]

    def mac(self, name: str) -> bytes:
        return bytes(MAC.parse(self.status(name)["tap"]["mac"]))

    def key(self, name: str) -> NodeKey:
        return NodeKey.fromSeed(bytes.fromhex(self.state(name).joinpath("node.key").read_text().strip()))

    def where(self, name: str) -> tuple[str, str]:
        return self.addresses[name], "44444" if name == "server" else "22222"

    def target(self, name: str) -> str:
        key = self.key(name)
        return f"{key.identity.hex()},{key.exchangePublic.hex()},{':'.join(self.where(name))}"

    def ping(self, name: str, other: str, count: int, interval: float = 0.02) -> tuple[float, float]:
        """
        Echoes from one to another.

        @return: the share that was lost, and the median time in milliseconds.
        """
        words = ("ping", "-c", str(count), "-i", str(interval), "-W", "1", "-p", _PATTERN[:32], self.inside(other))
        command = self.hosts[name].command(*words)
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
        times = sorted(float(each) for each in re.findall(r"time=([\d.]+)", said))
        return 1 - len(times) / count, times[len(times) // 2] if times else float("inf")

    def unharmed(self) -> None:
        """
        Everybody still runs, logged no failure, and the nodes reach each other.
        """
        for name, daemon in self.daemons.items():
            assert daemon.isRunning, (name, daemon.tail())
            assert "Traceback" not in daemon.log.read_text(), daemon.tail(60)
        assert self.ping(_NAMES[0], _NAMES[1], 10)[0] == 0


@pytest.fixture(scope="module")
def realm(lab: Lab, programs: Path) -> Realm:
    """
    A server and two honest nodes that talk, with everything on the wire recorded from the beginning on.
    """
    words = (sys.executable, str(_HERE / "attacker.py"), "record", str(lab.directory / "record"))
    recorder = Daemon("recorder", lab.directory / "recorder.log", lab.inSwitch(*words), lab.directory)
    lab.daemons.append(recorder)
    wait(lab.directory.joinpath("record").exists, 10, "the recorder")
    hosts = {
        name: lab.host(name, f"198.51.100.{number}/24") for number, name in enumerate(("wands", "a", "b", "e", "x"), 1)
    }
    found = Realm(lab, programs, hosts["wands"], "198.51.100.1", "10.77.0.0/16")
    for number, (name, host) in enumerate(zip(_NAMES, ("a", "b", "e"), strict=True), 2):
        found.join(name, hosts[host], f"198.51.100.{number}", "--broadcasts", "1000")
    wait(lambda: all(found.ping(_NAMES[0], each, 1)[0] == 0 for each in _NAMES[1:]), 20, "echoes")
    found.ping(_NAMES[0], _NAMES[1], 50)
    recorder.kill()
    return found


@pytest.fixture(scope="module")
def stranger(realm: Realm) -> Host:
    """
    A host of nobody's.
    """
    return realm.lab.hosts["x"]


@pytest.fixture(scope="module")
def recorded(realm: Realm) -> list[bytes]:
    """
    Every frame that passed the switch while the network came about and echoes went to and fro.
    """
    return _attacker().read(realm.lab.directory / "record")


def _attacker() -> Any:
    sys.path.insert(0, str(_HERE))
    try:
        import attacker

        return attacker
    finally:
        sys.path.remove(str(_HERE))


def _throw(realm: Realm, stranger: Host, what: list[bytes], source: str, target: tuple[str, str]) -> dict[str, int]:
    path = realm.lab.directory / "thrown"
    _attacker().write(path, what)
    words = (sys.executable, str(_HERE / "attacker.py"), "throw", str(path), "4000", source, *target)
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


def test_captureOfTheUnderlayShowsNothing(realm: Realm, recorded: list[bytes]) -> None:
    """
    What passes on the wire, from the first datagram on, has no octet of the frames inside, of MAC addresses, overlay
    addresses, names, the network's name and key, or certificates.
    """
    wire = b"|".join(recorded)
    pairs = [
        ip_address(realm.inside(one)).packed + ip_address(realm.inside(two)).packed
        for one, two in (_NAMES[:2], _NAMES[1::-1])
    ]
    secrets = [bytes.fromhex(_PATTERN)[:8], *pairs]
    for name in _NAMES:
        key = realm.key(name)
        secrets += [name.encode(), realm.mac(name), bytes(key.identity)[:16], bytes(key.exchangePublic)[:16]]
        secrets.append(realm.inside(name).encode())
    secrets.append(bytes.fromhex(realm.status(_NAMES[0])["own"]["networkKey"])[:16])
    assert len(_payloads(recorded, to=realm.addresses[_NAMES[1]])) > 50
    for secret in secrets:
        assert secret not in wire, secret
    print(f"\n{len(recorded)} frames, {len(wire)} octets on the wire; {len(secrets)} secrets, none of them seen")


@pytest.mark.parametrize("victim", ["server", _NAMES[1]])
@pytest.mark.parametrize("spoofed", [False, True], ids=["from elsewhere", "from the address of a member"])
def test_recordedDatagramsDoNothing(
    realm: Realm, stranger: Host, recorded: list[bytes], victim: str, spoofed: bool
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


def test_forgedDatagramsDoNothing(realm: Realm, stranger: Host, recorded: list[bytes]) -> None:
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
    words = (sys.executable, str(_HERE / "dishonest.py"), str(state), listen, "22222", target)
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


def test_aDishonestMemberCanNotBeAnother(realm: Realm) -> None:
    """
    A member with a valid certificate and a program of its own cannot send frames as another member, be a DHCP server
    or a router, speak for the address of another, or drown others in broadcasts; each is counted in its account.
     What it sends as itself arrives.
    """
    alice, bob, eve = _NAMES
    macs = {name: realm.mac(name) for name in _NAMES}
    addresses = {name: ip_address(realm.inside(name)).packed for name in _NAMES}
    realm.daemons.pop(eve).kill()
    header = macs[bob] + macs[eve]
    offer = b"\x08\x00" + bytes([0x45, 0, 0, 200, 0, 0, 0, 0, 64, 17, 0, 0]) + addresses[eve] + addresses[bob]
    offer += b"\x00\x43\x00\x44" + bytes(160)
    advertisement = b"\x86\xdd" + bytes([0x60, 0, 0, 0, 0, 48, 58, 255]) + bytes(32) + b"\x86" + bytes(47)
    claim = b"\x08\x06\x00\x01\x08\x00\x06\x04\x00\x02" + macs[eve] + addresses[alice] + macs[bob] + addresses[bob]
    with _dishonest(realm.hosts[eve], realm.state(eve), realm.addresses[eve], realm.target(bob)) as process:
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


#: Says that it listens, and after some seconds how many octets came.
_LISTENER = """
import socket, sys, time
sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sink.bind(("0.0.0.0", 22222))
print("ready", flush=True)
end, octets = time.monotonic() + float(sys.argv[1]), 0
while (left := end - time.monotonic()) > 0:
    sink.settimeout(left)
    try:
        octets += len(sink.recv(65536))
    except TimeoutError:
        break
print(octets, flush=True)
"""


def test_aDishonestMemberLeadsNothingToAVictim(realm: Realm, stranger: Host) -> None:
    """
    A member that sends from the address of a victim moves nothing there: the victim gets challenges, no longer than
    what came, while frames for the member go where it is.
    """
    _, bob, eve = _NAMES
    before = realm.peer(bob, eve)
    frame = realm.mac(bob) + bytes(MAC.parse(before["macs"][0])) + b"\x88\xb5" + bytes(60)
    inside = "10.77.0.4"
    if eve in realm.daemons:
        realm.daemons.pop(eve).kill()
    where = (realm.hosts[eve], realm.state(eve), realm.addresses[eve], realm.target(bob))
    listener = subprocess.Popen(
        stranger.command(sys.executable, "-c", _LISTENER, "4"), stdout=subprocess.PIPE, text=True
    )
    assert listener.stdout is not None
    assert listener.stdout.readline() == "ready\n"
    with _dishonest(*where) as process:
        wait(lambda: "up" in _said(process), 10, "the session of the dishonest member")
        flow = realm.hosts[bob].command("ping", "-q", "-i", "0.01", "-s", "1000", "-w", "3", inside)
        with subprocess.Popen(flow, stdout=subprocess.DEVNULL):
            for _ in range(20):
                _order(process, frame, 1, "198.51.100.5")
                time.sleep(0.1)
        assert realm.peer(bob, eve)["endpoint"] == ":".join(realm.where(eve))
    octets = int(listener.communicate(timeout=20)[0])
    assert 0 < octets <= 20 * (33 + len(frame))
    realm.unharmed()


def test_revocationEndsALiveSession(realm: Realm) -> None:
    """
    A member that is revoked while it is in session is cut off within seconds, and gets no session any more, whatever
    its program does: its certificate is still in date.
    """
    _, bob, eve = _NAMES
    assert eve not in realm.daemons
    where = (realm.hosts[eve], realm.state(eve), realm.addresses[eve], realm.target(bob))
    with _dishonest(*where) as process:
        wait(lambda: "up" in _said(process), 10, "the session")
        assert realm.peer(bob, eve)["state"] not in ("idle", "ended")
        begin = time.monotonic()
        realm.wand("server", "revoke", "--yes", eve)
        wait(lambda: eve not in realm.wand(bob, "peers"), 10, "the end of the session")
        print(f"\nrevoked and cut off after {time.monotonic() - begin:.2f} s")
    refused = realm.counters(bob)["drop-sealed-refused"]
    with _dishonest(*where) as process:
        wait(lambda: realm.counters(bob)["drop-sealed-refused"] > refused, 10, "the refusal")
        assert "up" not in _said(process)
    realm.unharmed()


def test_aMemberOfAnotherNetworkIsAStranger(realm: Realm, stranger: Host, programs: Path) -> None:
    """
    A member of a second network, with a valid certificate of that one, gets no session and no answer.
    """
    _, bob, _ = _NAMES
    other = Realm(realm.lab, programs, stranger, "198.51.100.5", "10.78.0.0/16")
    other.join("mallory", stranger, "198.51.100.5")
    other.daemons["mallory"].kill()
    other.daemons["server"].kill()
    before = realm.counters(bob)
    with _dishonest(stranger, other.state("mallory"), "198.51.100.5", realm.target(bob)) as process:
        wait(lambda: realm.counters(bob)["drop-sealed-handshake"] > before["drop-sealed-handshake"], 10, "the refusal")
        assert "up" not in _said(process)
    assert realm.counters(bob)["sealed-initiations-answered"] == before["sealed-initiations-answered"]
    realm.unharmed()


@pytest.mark.parametrize("kind", ["wrong", "right"])
@pytest.mark.parametrize("victim", [_NAMES[1], "server"])
def test_floodOfHandshakes(realm: Realm, stranger: Host, victim: str, kind: str) -> None:
    """
    During 10,000 initiations a second of strangers, from many addresses, with a wrong mac1 or with the right one, the
    sessions that there are keep passing frames, and memory stays flat.
    """
    alice, bob, _ = _NAMES
    key = realm.key(victim).exchangePublic.hex()
    words = (sys.executable, str(_HERE / "attacker.py"), "flood", kind, key)

    def flood(count: int) -> subprocess.Popen[str]:
        command = stranger.command(*words, str(count), "10000", "198.51.100.100+100", *realm.where(victim))
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    flood(10_000).wait()
    loss, usual = realm.ping(alice, bob, 50)
    memory, before = realm.daemons[victim].residentBytes, realm.counters(victim)
    attack = flood(50_000)
    lost, median = realm.ping(alice, bob, 200)
    document = json.loads(attack.communicate(timeout=60)[0])
    after = realm.counters(victim)
    arrived = after["udp-received-datagrams"] - before["udp-received-datagrams"]
    grown = realm.daemons[victim].residentBytes - memory
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
def test_aNodeComesBackDuringAFlood(realm: Realm, stranger: Host, sources: str, rate: int) -> None:
    """
    A node that is restarted during a flood of initiations with a right mac1 gets its session with the server: it
    answers the demand for a cookie.  The addresses in them are of the network and nobody's, the node's own, or of
    elsewhere.
    """
    _, bob, _ = _NAMES
    assert realm.addresses[bob] == "198.51.100.3"
    realm.hosts["server"].run("ip", "route", "replace", "10.9.8.0/24", "via", "198.51.100.5")
    key = realm.key("server").exchangePublic.hex()
    words = ("flood", "right", key, str(20 * rate), str(rate), sources, *realm.where("server"))
    before = realm.counters("server")["sealed-cookies-demanded"]
    with subprocess.Popen(
        stranger.command(sys.executable, str(_HERE / "attacker.py"), *words), stdout=subprocess.DEVNULL
    ) as attack:
        wait(lambda: realm.counters("server")["sealed-cookies-demanded"] > before, 10, "the flood")
        realm.daemons[bob].stop()
        begin = time.monotonic()
        realm.start(bob)
        wait(lambda: realm.status(bob)["directories"][0]["state"] == "answered", 8, "the answer of the server")
        assert attack.poll() is None
        print(f"\nback after {time.monotonic() - begin:.2f} s")
        attack.kill()
    realm.unharmed()


#: Sends so many datagrams, at a rate at which the system does not drop many: noise, and noise that begins well.
_NOISE = """
import random, socket, sys, time
host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(count)
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for number in range(count):
    begin = chance.choice([b"", b"\\1\\1\\0\\0", b"\\2\\1\\0\\0", b"\\3\\0\\0\\0", b"\\4\\0\\0\\0"])
    size = chance.choice((0, 1, 13, 28, 48, 60, 828, 1400))
    sender.sendto(begin + chance.randbytes(size), (host, port))
    if number % 50 == 0:
        time.sleep(0.001)
"""


@pytest.mark.parametrize("victim", [_NAMES[1], "server"])
def test_randomDatagramsChangeNothing(realm: Realm, stranger: Host, victim: str) -> None:
    """
    After 100,000 random datagrams a node and a server hold no more memory, logged no failure, and work.
    """
    noise = (sys.executable, "-c", _NOISE, *realm.where(victim))
    stranger.run(*noise, "5000")
    memory, before = realm.daemons[victim].residentBytes, realm.counters(victim)["udp-received-datagrams"]
    stranger.run(*noise, "100000", timeout=60)
    assert realm.counters(victim)["udp-received-datagrams"] - before > 90_000
    assert realm.daemons[victim].residentBytes - memory < _GROWTH
    realm.unharmed()


@pytest.mark.parametrize("victim", [_NAMES[1], "server"])
def test_randomConnectionsChangeNothing(realm: Realm, victim: str) -> None:
    """
    After 2,000 connections to the control socket that send random octets, a program holds no more memory, logged no
    failure, and answers.
    """
    chance = Random(2)
    _connect(realm.control(victim), chance, 200)
    memory = realm.daemons[victim].residentBytes
    _connect(realm.control(victim), chance, 2000)
    assert realm.daemons[victim].residentBytes - memory < _GROWTH
    realm.unharmed()


def _connect(path: Path, chance: Random, count: int) -> None:
    begins = [b"", b"\0\x04_ask\0\x011\0\x08_command\0\x06Status\0\0", b"\0\x04_ask\0\x011\0\x08_command", b"\0\xff"]
    for number in range(count):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            with suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(chance.choice(begins) + chance.randbytes(chance.randrange(300)))
                if number % 10 == 0:
                    connection.shutdown(socket.SHUT_WR)
                    connection.recv(99)


def test_stateIsForItsOwnerOnlyAndPrivilegesAreDropped(programs: Path) -> None:
    """
    A node and a server that are told to become somebody without rights join and work as that one, what they keep is
    for that one only, and they do not start when others could read it.
    """
    with Lab() as lab:
        lab.directory.chmod(0o777)
        dropped = ("--uid=nobody", "--gid=nogroup")
        server, host = lab.host("s", "198.51.100.1/24"), lab.host("n", "198.51.100.2/24")
        realm = Realm(lab, programs, server, "198.51.100.1", "10.77.0.0/16")
        realm.join("node", host, "198.51.100.2", before=dropped)
        wait(lambda: realm.inside("node") in host.run("ip", "-brief", "address"), 10, "the overlay address")
        status = Path(f"/proc/{realm.daemons['node'].process.pid}/status").read_text()
        assert "Uid:\t65534\t65534\t65534\t65534" in status
        assert "CapEff:\t0000000000000000" in status
        state = realm.state("node")
        assert state.stat().st_mode & 0o777 == 0o700
        for file in state.iterdir():
            assert (file.name, file.stat().st_mode & 0o777, file.stat().st_uid) == (file.name, 0o600, 65534)
        assert all(file.stat().st_mode & 0o77 == 0 for file in realm.state("server").iterdir())
        realm.daemons["node"].stop()
        for path, mode in ((state, 0o755), (state / "node.key", 0o640), (state / "membership", 0o604)):
            kept = path.stat().st_mode & 0o777
            path.chmod(mode)
            daemon = realm._start("node", "wand-node", "--listen", "198.51.100.2", before=dropped)
            wait(lambda daemon=daemon: not daemon.isRunning, 10, "the refusal")
            assert daemon.process.returncode != 0
            assert str(path) in daemon.tail(3), daemon.tail(3)
            path.chmod(kept)
        realm.start("node", before=dropped)
        assert "Traceback" not in realm.daemons["node"].log.read_text()
