"""
Metrics of a running node and server, read by the real Prometheus, and what ships beside them.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from wand.lab import CommandFailed, Host, wait
from wand.lab.deployment import Deployment
from wand.lab.topology import Site

CONTRIB = Path(__file__).parents[2] / "contrib"
RULES = CONTRIB / "prometheus/wand.rules.yml"

PLACE = "127.0.0.1:9450"

_PROMETHEUS = f"""
global: {{scrape_interval: 250ms, scrape_timeout: 250ms}}
scrape_configs:
  - job_name: wand
    static_configs: [{{targets: ["{PLACE}"]}}]
rule_files: [{RULES}]
"""


@pytest.fixture
def network(makeSealed: Callable[..., Deployment]) -> Deployment:
    """
    A server and two members, all with metrics.
    """
    return makeSealed(2, change=("control =", f'metrics = "{PLACE}"\ncontrol ='))


def _page(network: Deployment, site: Site) -> str:
    return network.hosts[site.name].run("curl", "-s", "--fail", f"http://{PLACE}/metrics")


def _names(page: str) -> set[str]:
    return set(re.findall(r"^([a-z_]+)", page, re.MULTILINE))


def test_prometheusTakesThem(network: Deployment) -> None:
    """
    C{promtool} has nothing to say against the metrics of a node and of a server.
    """
    for site in (network.topology.server, network.topology.nodes[0]):
        page = _page(network, site)
        checked = subprocess.run(["promtool", "check", "metrics"], input=page, text=True, capture_output=True)
        assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
        assert "wand_program_info" in page


def test_prometheusReadsThem(network: Deployment) -> None:
    """
    A Prometheus beside a node has its traffic and evaluates the rules; the dashboard asks for what is there.
    """
    one, two = network.topology.nodes
    host = network.hosts[one.name]
    directory = network.lab.directory / "prometheus"
    directory.mkdir()
    (directory / "prometheus.yml").write_text(_PROMETHEUS)
    host.start(
        "prometheus",
        *("prometheus", f"--config.file={directory}/prometheus.yml", f"--storage.tsdb.path={directory}/data"),
        "--web.listen-address=127.0.0.1:9090",
    )
    sent = 'wand_peer_sent_frames_total{job="wand"} > 0'
    network.ping(one, [two])
    wait(lambda: _asked(host, "query?query=" + quote(sent)).get("result"), 30, "frames to a peer in Prometheus")
    groups = _asked(host, "rules")["groups"]
    assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
    there = _names(_page(network, one))
    for panel in json.loads((CONTRIB / "grafana/wand.json").read_text())["panels"]:
        for target in panel["targets"]:
            assert set(re.findall(r"\b(?:wand|process)_[a-z_]+", target["expr"])) <= there
            asked = re.sub(r"\$__rate_interval", "1m", target["expr"]).replace("$instance", ".*")
            assert _asked(host, "query?query=" + quote(asked))["resultType"] == "vector"


def test_rulesAreTested() -> None:
    """
    The rules alarm when they should and stay quiet when they should not.
    """
    tested = subprocess.run(
        ["promtool", "test", "rules", str(RULES.with_suffix(".test.yml"))], capture_output=True, text=True
    )
    assert tested.returncode == 0, tested.stdout + tested.stderr
    named = set(re.findall(r"\bwand_[a-z_]+", RULES.read_text()))
    assert len(named) > 4


def _asked(host: Host, what: str) -> dict[str, list[dict[str, list[dict[str, str]]]]]:
    try:
        answer = json.loads(host.run("curl", "-s", f"http://127.0.0.1:9090/api/v1/{what}"))
    except (CommandFailed, json.JSONDecodeError):
        return {}  # It starts.
    assert answer["status"] == "success", answer
    return answer["data"]  # type: ignore[no-any-return]
