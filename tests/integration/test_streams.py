"""
Where UDP is blocked: real nodes join, and stay, over TCP, straight, through a proxy and through a web server.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from realm import Realm
from without_udp import blockUDP, invited, usesStream

from wand.lab import CommandFailed, Host, Lab, wait
from wand.lab.installation import Installation
from wand.sealed.node.server_stream import SETTLED


@pytest.fixture
def realm() -> Iterator[Realm]:
    """
    A lab of the test's own, with nothing started.
    """
    with Lab() as lab:
        yield Realm(lab)


def allowOnly(host: Host, address: str) -> None:
    """
    Let a host talk to one address alone, over TCP alone.
    """
    rules = "".join(
        f"chain {way} {{ type filter hook {way} priority 0; policy drop; iifname lo accept; oifname lo accept; "
        f"ip {end} {address} meta l4proto {{ tcp, icmp }} accept; }}; "
        for way, end in (("input", "saddr"), ("output", "daddr"))
    )
    host.run("nft", "-f", "-", sent=f"table inet blocked {{ {rules} }}")


def tinyproxy(realm: Realm) -> Host:
    """
    A host with a proxy that wants a name and a password.
    """
    host = realm.lab.host("proxy", "198.51.100.200/24")
    file = realm.lab.directory / "tinyproxy.conf"
    file.write_text(
        "Port 8888\nListen 198.51.100.200\nTimeout 600\nMaxClients 20\nConnectPort 443\nBasicAuth somebody s3cret\n"
    )
    host.start("tinyproxy", "tinyproxy", "-d", "-c", str(file))
    return host


def test_throughProxy(realm: Realm) -> None:
    """
    A node that reaches nothing but a proxy joins through it, with the name and the password of its configuration; a
    wrong password is said, and stands nowhere.
    """
    realm.serve("--tcp=0.0.0.0:443")
    tinyproxy(realm)
    node = realm.install("node")
    allowOnly(node.host, "198.51.100.200")
    password = realm.lab.directory / "password"
    password.write_text("wr0ng\n")
    token = invited(realm, "node")
    options = (f"--join-file={token}", "--name=node")
    proxy = ("--proxy=http://somebody@198.51.100.200:8888", f"--proxy-password-file={password}")
    daemon = node.start("wand-node", *options, *proxy)
    wait(lambda: node.answers() and "401" in node.notes, 20, "the word that the proxy refuses")
    assert "proxy-password-file" in node.notes
    daemon.stop()
    password.write_text("s3cret\n")
    node.start("wand-node", *options, *proxy)
    wait(node.isMember, 20, "the membership")
    wait(lambda: usesStream(node), 5, "the word that a stream is used")
    assert "through the proxy 198.51.100.200:8888" in node.notes
    assert not {"wr0ng", "s3cret"} & set(node.log.replace(":", " ").split())


def test_proxyOfTheEnvironment(realm: Realm) -> None:
    """
    The proxy may stand in the environment, as for other programs.
    """
    realm.serve("--tcp=0.0.0.0:443")
    tinyproxy(realm)
    node = realm.install("node")
    allowOnly(node.host, "198.51.100.200")
    proxy = {"https_proxy": "http://somebody:s3cret@198.51.100.200:8888"}
    node.start("wand-node", f"--join-file={invited(realm, 'node')}", "--name=node", environment=proxy)
    wait(node.isMember, 20, "the membership")


_NGINX = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log;
events {{ }}
http {{
    access_log off;
    server {{
        listen 443 ssl;
        ssl_certificate {state}/tls.pem;
        ssl_certificate_key {state}/tls.pem;
        location / {{ return 200 "a web page"; }}
{location}
    }}
}}
"""


def documentedLocation() -> str:
    """
    What docs/streams.md tells to write into the configuration of nginx.
    """
    page = (Path(__file__).parents[2] / "docs" / "streams.md").read_text()
    return page.partition("```nginx\n")[2].partition("```")[0]


def test_behindNginx(realm: Realm) -> None:
    """
    A web server on the port of HTTPS passes a path on, as documented; its other pages are as before.
    """
    realm.serve("--tcp=127.0.0.1:8443", "--public=wss://198.51.100.1/wand", "--web-servers=127.0.0.1")
    server = realm["server"]
    directory = realm.lab.directory
    file = directory / "nginx.conf"
    file.write_text(_NGINX.format(directory=directory, state=server.state, location=documentedLocation()))
    server.host.start("nginx", "nginx", "-c", str(file))
    node = realm.install("node")
    blockUDP(node.host)
    realm.join("node")
    wait(lambda: usesStream(node), 5, "the word that a stream is used")
    assert "wss://198.51.100.1/wand" in node.notes
    assert "a web page" in node.host.run("curl", "-sk", "https://198.51.100.1/")
    assert "endpoint tcp/198.51.100.2:" in server.log  # as X-Forwarded-For has it


def pings(node: Installation, address: str) -> bool:
    """
    Is an echo request answered?
    """
    try:
        node.host.run("ping", "-c", "1", "-W", "0.5", address)
    except CommandFailed:
        return False
    return True


def test_bothBlocked(realm: Realm) -> None:
    """
    Two members whose UDP is blocked reach each other over the relay of the server, in streams.
    """
    realm.serve("--tcp=0.0.0.0:443")
    for name in ("one", "two"):
        blockUDP(realm.install(name).host)
    realm.join("one")
    address = realm.join("two")
    wait(lambda: pings(realm["one"], address), 10, "an echo")
    assert realm["server"].counters()["relay-datagrams"] > 0
    assert realm["one"].counters()["stream-sent-datagrams"] > 0


def test_theServerIsStartedAgain(realm: Realm, capsys: pytest.CaptureFixture[str]) -> None:
    """
    After a crash of the server two members whose UDP is blocked reach each other again within seconds.
    """
    server = realm.install("server")
    daemon = server.start("wand-server", "--tcp=0.0.0.0:443")
    wait(server.answers, 20, "the server")
    for name in ("one", "two"):
        blockUDP(realm.install(name).host)
    realm.join("one")
    address = realm.join("two")
    wait(lambda: pings(realm["one"], address), 10, "an echo")
    settled = time.monotonic() + SETTLED
    wait(lambda: time.monotonic() > settled, SETTLED + 1, "streams that count as settled")
    daemon.kill()
    server.start("wand-server", "--tcp=0.0.0.0:443")
    wait(server.answers, 20, "the server")
    began = time.monotonic()
    wait(lambda: pings(realm["one"], address), 15, "an echo")
    with capsys.disabled():
        print(f"\nan echo {time.monotonic() - began:.1f} s after the server answers again")


def blockOutput(host: Host) -> None:
    """
    Let no datagram out of a host: the system refuses to send any.
    """
    chain = "type filter hook output priority 0; meta l4proto udp drop;"
    host.run("nft", "-f", "-", sent=f"table inet blocked {{ chain output {{ {chain} }}; }}")


def test_whenUDPDies(realm: Realm) -> None:
    """
    A member whose own firewall begins to refuse every datagram goes on over a stream, and comes back to UDP once that
    works again, whether anything is sent or not.
    """
    realm.serve("--tcp=0.0.0.0:443")
    realm.install("one")
    realm.install("two")
    realm.join("one")
    address = realm.join("two")
    one = realm["one"]
    wait(lambda: pings(one, address), 10, "an echo")
    assert not usesStream(one)
    blockOutput(one.host)
    wait(lambda: pings(one, address), 10, "an echo over the stream")  # 2 s, without load
    wait(lambda: usesStream(one), 20, "the word that a stream is used")
    one.host.run("nft", "delete", "table", "inet", "blocked")
    wait(lambda: not usesStream(one), 60, "UDP")
    wait(lambda: pings(one, address), 10, "an echo")
    blockOutput(one.host)
    wait(lambda: usesStream(one), 60, "the word that a stream is used, though nothing is sent")


def test_whoIsCutOff(realm: Realm) -> None:
    """
    With the only server no relay, a member without UDP is cut off: the server, it and whoever wants it are told so.
    """
    realm.serve("--tcp=0.0.0.0:443", "--relay=no")
    for name in ("one", "two"):
        realm.install(name)
    one, two, server = realm["one"], realm["two"], realm["server"]
    blockUDP(two.host)
    realm.join("one")
    address = realm.join("two")
    wait(lambda: usesStream(two), 20, "the word that a stream is used")
    wait(lambda: "reaches no member beyond its own links" in two.wand("status"), 20, "the word of the member")
    wait(lambda: "reach no other member" in server.notes, 20, "the word of the server")
    assert not pings(one, address)
    wait(lambda: "No UDP gets out of the network of two" in one.wand("why", "two"), 10, "the cause, at the other")
    rows = [line.split() for line in two.wand("peers").splitlines()]
    assert ["server", "server"] in [row[:2] for row in rows]
    assert "stream" in next(row for row in rows if row[:2] == ["server", "server"])


def test_streamsThatAreNew(realm: Realm) -> None:
    """
    A member that joined before its server accepted streams learns of them over UDP, keeps that, and uses them when UDP
    is blocked.
    """
    server = realm.install("server")
    daemon = server.start("wand-server")
    wait(server.answers, 20, "the server")
    realm.install("one")
    realm.join("one")
    daemon.stop()
    realm.serve("--tcp=0.0.0.0:443")
    one = realm["one"]
    wait(lambda: server.counters().get("streams-announced", 0), 60, "the word that the server accepts streams")
    blockUDP(one.host)
    wait(lambda: usesStream(one), 60, "the word that a stream is used")
