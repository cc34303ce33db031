"""
The console and the JSON API of running nodes and servers, asked by curl.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from wand.lab import wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Site
from wand.web.connections import CONNECTIONS_MAXIMUM

PLACE = "127.0.0.1:8080"
METRICS = "127.0.0.1:9450"

#: Holds so many connections to each port without asking for anything, until it is ended.
_HOLD = f"""
import socket, time
HALF = b"GET /metrics HTTP/1.1\\r\\nHost: localhost\\r\\n"
SAID = (b"", HALF)
lines = []
for port in (8080, 9450):
    for number in range({CONNECTIONS_MAXIMUM}):
        line = socket.create_connection(("127.0.0.1", port))
        line.sendall(SAID[number % 2])
        lines.append(line)
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def network(makeSealed: Callable[..., Deployment]) -> Deployment:
    """
    A server and two nodes with consoles, the first of which is a member.
    """
    settings = f'console = "{PLACE}"\nmetrics = "{METRICS}"\ncontrol ='
    return makeSealed(2, joined=1, change=("control =", settings))


class API:
    """
    The API of a program, as a script on its host asks it.
    """

    def __init__(self, network: Deployment, site: Site, *options: str) -> None:
        self.network = network
        self.site = site
        self.token = network.command(site, "console", "--api-token", *options).strip()

    def curl(self, *words: str) -> str:
        """
        Let curl ask.
        """
        return self.network.hosts[self.site.name].run("curl", "-sS", *words)

    def get(self, name: str) -> Any:
        """
        A reading.
        """
        told = f"Authorization: Bearer {self.token}"
        return json.loads(self.curl("--fail", "-H", told, f"http://{PLACE}/api/v1/{name}"))

    def post(self, path: str, /, **document: object) -> Any:
        """
        An action.
        """
        told = ["-H", f"Authorization: Bearer {self.token}", "-H", "Content-Type: application/json"]
        return json.loads(self.curl(*told, "-d", json.dumps(document), f"http://{PLACE}/api/v1/{path}"))


#: What is another with every look.
_FLEETING = {"seen", "roundTrip", "heard"}


def _lasting(document: Any) -> Any:
    if isinstance(document, list):
        return [_lasting(each) for each in document]
    if isinstance(document, dict):
        return {name: _lasting(each) for name, each in document.items() if name not in _FLEETING}
    return document


def _awaitTheSame(api: API, name: str) -> None:
    """
    Wait until the API says what the command prints.
    """

    def same() -> bool:
        printed = json.loads(api.network.command(api.site, *name.split("/"), "--json"))
        return bool(_lasting(api.get(name)) == _lasting(printed))

    wait(same, 20, f"{name} at {api.site.name}")


def test_aScriptReadsWhatTheCommandsPrint(network: Deployment) -> None:
    """
    At a server and at a node, each reading is the document of the command of the same name.
    """
    server, node = network.topology.server, network.topology.nodes[0]
    for site, names in (
        (server, ["members", "table", "servers", "invitations"]),
        (node, ["members", "table", "graph"]),
    ):
        api = API(network, site)
        for name in names:
            _awaitTheSame(api, name)
    assert API(network, node).get("status")["own"]["stage"] == "member"
    assert API(network, node).get("why/server")["peer"] == "server"
    assert {each["check"] for each in API(network, node).get("doctor")} >= {"clock", "tap"}


def test_aNodeIsInvitedAndApprovedByHTTP(network: Deployment) -> None:
    """
    An invitation made by the API admits a node once an action of the API approves it; then it is renamed and revoked.
    """
    api, newcomer = API(network, network.topology.server), network.topology.nodes[1]
    made = api.post("invitations", approval=True, name="zoe")
    assert made["qr"].startswith("<svg")
    file = network.files.token(newcomer)
    file.write_text(made["token"])
    network.ask(newcomer, lambda client: client.join(made["token"]))
    wait(lambda: [each["name"] for each in api.get("members?pending=1")] == ["zoe"], 20, "a node that waits")
    assert api.post("members/zoe/approve")["state"] == "member"
    wait(lambda: API(network, newcomer).get("status")["own"]["stage"] == "member", 20, "the membership")
    assert api.post("members/zoe/rename", name="zita")["name"] == "zita"
    assert api.post("members/zita/revoke")["state"] == "revoked"
    wait(lambda: API(network, newcomer).get("status")["own"]["stage"] == "revoked", 20, "the end of the membership")
    reader = API(network, network.topology.server, "--read-only")
    assert "may only look" in reader.post("invitations")["error"]


def test_aBrowserLogsIn(network: Deployment) -> None:
    """
    With a link that was printed, once; the page has what its actions need.
    """
    server = network.topology.server
    host, jar = network.hosts[server.name], network.lab.directory / "jar"
    link = network.command(server, "console").strip()
    address, _, secret = link.partition("#")
    assert address == f"http://{PLACE}/login"
    log = ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-c", str(jar), "-d", f"link={secret}", address]
    assert host.run("curl", *log) == "303"
    page = host.run("curl", "-sS", "-b", str(jar), f"http://{PLACE}/members")
    found = re.search(r'name="wand-csrf" content="([^"]+)"', page)
    assert found is not None
    made = host.run(
        *("curl", "-sS", "-b", str(jar), "-H", f"X-Wand-CSRF: {found[1]}", "-H", "Content-Type: application/json"),
        *("-d", "{}", f"http://{PLACE}/api/v1/invitations"),
    )
    assert json.loads(made)["token"].startswith("wand1.")
    assert host.run("curl", *log) == "403"
    told = json.loads(network.command(server, "console", "--end", "--json"))
    assert told["ended"] >= 1
    assert "/login" in host.run("curl", "-sS", "-i", "-b", str(jar), f"http://{PLACE}/members")


def test_eventsArrive(network: Deployment) -> None:
    """
    Whoever listens hears of a member that joins.
    """
    server, newcomer = network.topology.server, network.topology.nodes[1]
    api, host = API(network, server), network.hosts[server.name]
    told = f"Authorization: Bearer {api.token}"
    host.start("events", "curl", "-sS", "-N", "-H", told, f"http://{PLACE}/api/v1/events")
    heard = network.lab.directory / "events.log"
    wait(lambda: "retry:" in heard.read_text(), 20, "the beginning of the events")
    network.admit(newcomer)
    wait(lambda: '"kind":"member-joined"' in heard.read_text(), 20, "an event")


def test_slowConnectionsKeepNobodyOut(network: Deployment) -> None:
    """
    Somebody takes all connections to the console and to the metrics, and says little; others are
    answered, each time, and a browser that listens stays.
    """
    node = network.topology.nodes[0]
    api, host = API(network, node), network.hosts[node.name]
    told = f"Authorization: Bearer {api.token}"
    listening = host.start("events", "curl", "-sS", "-N", "-H", told, f"http://{PLACE}/api/v1/events")
    wait(lambda: "retry:" in (network.lab.directory / "events.log").read_text(), 20, "the beginning of the events")
    host.start("slow", sys.executable, "-c", _HOLD)
    wait(lambda: "held" in (network.lab.directory / "slow.log").read_text(), 20, "connections that are held")
    for _ in range(5):
        assert api.get("status")["role"] == "node"
        assert "wand_program_info" in api.curl("--fail", f"http://{METRICS}/metrics")
    assert network.counters(node)["web-evicted"] > 0
    assert listening.isRunning


def test_othersReachItOverTLS(makeNetwork: Callable[..., Deployment]) -> None:
    """
    With a certificate the console is served to others, by its name alone, and its cookie is for TLS alone.
    """
    network = makeNetwork(count=1)
    server, node = network.topology.server, network.topology.nodes[0]
    address = network.hosts[server.name].run("hostname", "-I").split()[0]
    certificate = _certificate(network.lab.directory, address)
    file = network.files.configuration(server)
    settings = f'console = "{address}:8443"\nconsole-certificate = "{certificate}"\nconsole-names = ["wand.example"]\n'
    file.write_text(settings + file.read_text())
    network.start(server)
    network.status(server)
    link = network.command(server, "console").strip()
    assert link.startswith("https://wand.example:8443/login#")
    host = network.hosts[node.name]
    curl = ["curl", "-sS", "-i", "--cacert", str(certificate), "--resolve", f"wand.example:8443:{address}"]
    told = host.run(*curl, "-d", f"link={link.partition('#')[2]}", "https://wand.example:8443/login")
    cookie = next(line for line in told.splitlines() if line.lower().startswith("set-cookie: "))
    assert cookie.startswith("Set-Cookie: __Host-wand-console-8443=")
    assert "; Secure" in cookie
    other = ["--resolve", f"evil.example:8443:{address}", "-k", "https://evil.example:8443/login"]
    assert "421" in host.run(*curl, *other).partition("\r\n")[0]


def test_anybodyWhoReadsTheDescriptionCanUseIt(network: Deployment) -> None:
    """
    A program that makes up calls from the description finds no answer that is not in it.
    """
    node = network.topology.nodes[0]
    api = API(network, node)
    schemathesis = [str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(_configured(network))]
    told = ["-H", f"Authorization: Bearer {api.token}", "--url", f"http://{PLACE}/api/v1", "--no-color"]
    chosen = ["--exclude-path", "/events", "--max-examples", "5", "--seed", "1", "--phases", "coverage,fuzzing"]
    command = [*schemathesis, "run", *told, *chosen, f"http://{PLACE}/api/v1/openapi.json"]
    asking = network.hosts[node.name].command(*command)
    found = subprocess.run(asking, capture_output=True, text=True, timeout=240, cwd=network.lab.directory)
    assert found.returncode == 0, found.stdout + found.stderr


def _configured(network: Deployment) -> Path:
    """
    What the program that makes up calls is told: 501 says that this program cannot do something, which is no fault, and
    what fits the description can still name an address that is none.
    """
    file = network.lab.directory / "schemathesis.toml"
    answers = "200, 400, 401, 403, 404, 405, 409, 415, 501"
    file.write_text(
        f"[checks]\npositive_data_acceptance.enabled = false\nnot_a_server_error.expected-statuses = [{answers}]\n"
    )
    return file


def _certificate(directory: Path, address: str) -> Path:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "wand.example")])
    names = [x509.DNSName("wand.example"), x509.IPAddress(ip_address(address))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "console.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file
