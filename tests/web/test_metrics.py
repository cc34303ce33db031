"""
Tests for L{wand.web.metric_families} and L{wand.web.metrics_page}.
"""

from __future__ import annotations

from asked_pages import Answer, ask
from prometheus_client.parser import text_string_to_metric_families
from simulated.program import MemoryProgram
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from wand.ethernet import MAC
from wand.web.metric_families import ProgramMetrics
from wand.web.metrics_page import MetricsPage
from wand.web.web_request import WebRequest

MACS = [MAC.parse(f"02:10:00:00:00:{number:02x}") for number in range(1, 6)]


class MetricsCase(SynchronousTestCase):
    """
    A program in memory and its metrics, as Prometheus reads them.
    """

    peersMaximum = 100

    def setUp(self) -> None:
        """
        Serve the page.
        """
        self.clock = Clock()
        self.clock.advance(1_000_000)
        self.program = MemoryProgram(self.clock)
        self.metrics = ProgramMetrics(self.program, self.peersMaximum)
        root = Resource()
        root.putChild(b"metrics", MetricsPage(self.metrics))
        self.site = Site(root, requestFactory=WebRequest, reactor=self.clock)

    def answer(self, **asked: str) -> Answer:
        """
        Ask for the page.
        """
        return ask(self.site, "/metrics", **asked)

    def value(self, name: str, **labels: str) -> float | None:
        """
        What a sample says; C{None} if there is no such sample.
        """
        for family in text_string_to_metric_families(self.answer().body):
            for sample in family.samples:
                if sample.name == name and sample.labels == labels:
                    return float(sample.value)
        return None

    def put(self, count: int) -> None:
        """
        Put peers into the table.
        """
        for number, mac in enumerate(MACS[:count]):
            self.program.add(mac, f"192.0.2.{number}:22222", None, None)


class MetricsTests(MetricsCase):
    """
    What the metrics say.
    """

    def test_whateverAStrangerAccepts(self) -> None:
        """
        There are metrics for everybody, also for who writes nonsense, at which the library fails.
        """
        for accept in ("application/openmetrics-text;version=x;q=nan,,;", "text/plain;version=1.x", "\u2603", ";=;"):
            self.assertIn("wand_program_info", self.answer(accept=accept).body)

    def test_programIsTold(self) -> None:
        """
        The version, the role, the protocol, the start and what the notes are.
        """
        self.assertEqual(self.value("wand_program_info", version="0", role="node", protocol="rel2"), 1)
        self.assertEqual(self.value("wand_start_time_seconds"), 1_000_000 - 7384)
        status = self.program.status()
        self.assertEqual(self.value("wand_notes", kind="attention"), status.attention)
        self.assertEqual(self.value("wand_notes", kind="hint"), len(status.notes) - status.attention)

    def test_processIsTold(self) -> None:
        """
        Memory, processor time and open files of the process have the names that all programs give them.
        """
        self.assertGreater(self.value("process_resident_memory_bytes") or 0, 1_000_000)
        self.assertGreater(self.value("process_open_fds") or 0, 2)

    def test_directoriesAreUpOrNot(self) -> None:
        """
        A directory that answers is up, one that is silent is not.
        """
        self.assertEqual(self.value("wand_directory_up", directory="rel2 wand.example.net:44444"), 1)
        self.assertEqual(self.value("wand_directory_up", directory="rel2 192.0.2.9:44444"), 0)

    def test_dropsHaveTheirReasons(self) -> None:
        """
        All drops are one metric, so that they can be added up; the reason is a label.
        """
        self.program.counters.declare({"drop-sealed-forged": "forged", "sent-frames": "frames that were sent"})
        self.program.counters["drop-sealed-forged"] += 3
        self.program.counters["sent-frames"] += 7
        self.assertEqual(self.value("wand_drops_total", reason="sealed-forged"), 3)
        self.assertEqual(self.value("wand_sent_frames_total"), 7)
        self.assertIn("# HELP wand_sent_frames_total frames that were sent", self.answer().body)

    def test_octetsAreBytes(self) -> None:
        """
        Prometheus calls octets bytes.
        """
        self.program.counters.declare({"relay-octets": "octets that were passed on"})
        self.assertEqual(self.value("wand_relay_bytes_total"), 0)

    def test_eventsAreCountedByKind(self) -> None:
        """
        Each kind is there from the beginning, and one that nobody knows is not added.
        """
        self.assertEqual(self.value("wand_events_total", kind="member-joined"), 0)
        self.program.events.publish("member-joined", name="bob", key="00")
        self.program.events.publish("made-up")
        self.assertEqual(self.value("wand_events_total", kind="member-joined"), 1)
        self.assertIsNone(self.value("wand_events_total", kind="made-up"))

    def test_countingEnds(self) -> None:
        """
        Who is stopped counts events no more.
        """
        self.metrics.stop()
        self.program.events.publish("member-joined", name="bob", key="00")
        self.assertEqual(self.value("wand_events_total", kind="member-joined"), 0)

    def test_peersHaveTheirTraffic(self) -> None:
        """
        A peer's traffic is told by what the protocol calls it.
        """
        self.put(1)
        peer = self.program.peers(None, 1)[0]
        self.assertEqual(self.value("wand_peer_received_bytes_total", peer=peer.peer), peer.bytesReceived)
        self.assertEqual(self.value("wand_peers_left_out"), 0)

    def test_openMetricsForWhoAsks(self) -> None:
        """
        The text format is the default.
        """
        self.assertIn("text/plain", self.answer().headers["content-type"])


class ManyPeersTests(MetricsCase):
    """
    More peers than there may be metrics of.
    """

    peersMaximum = 2

    def test_noMoreThanTheSetting(self) -> None:
        """
        Peers beyond the setting have no metrics of their own, and that is told.
        """
        self.put(5)
        self.assertEqual(self.answer().body.count("\nwand_peer_sent_bytes_total{"), 2)
        self.assertEqual(self.value("wand_peers_left_out"), 1)
        self.assertEqual(self.value("wand_peers"), 5)


class HostsTests(MetricsCase):
    """
    Who is answered.
    """

    def test_strangersNamesAreRefused(self) -> None:
        """
        A page of a stranger that gave its name a loopback address reads nothing, whatever it asks for.
        """
        for host in ("evil.example", "evil.example:9450", "127.0.0.1.evil.example", ""):
            with self.subTest(host):
                answer = self.answer(host=host)
                self.assertEqual(answer.status, 421)
                self.assertNotIn("wand_", answer.body)

    def test_ownNamesAreServed(self) -> None:
        """
        Addresses and localhost are answered.
        """
        for host in ("127.0.0.1:9450", "localhost:9450", "LOCALHOST", "[::1]:9450"):
            with self.subTest(host):
                self.assertEqual(self.answer(host=host).status, 200)

    def test_elsewhereAnyNameWillDo(self) -> None:
        """
        What is served on an address that others reach is answered by any name.
        """
        self.assertEqual(self.answer(host="alice.example", local="192.0.2.1").status, 200)

    def test_nothingElseIsThere(self) -> None:
        """
        Other pages are not found and other methods not allowed, and no answer names the software.
        """
        self.assertEqual(ask(self.site, "/").status, 404)
        self.assertEqual(self.answer(method="POST").status, 405)
        for answer in (self.answer(), ask(self.site, "/")):
            self.assertNotIn("server", answer.headers)
            self.assertEqual(answer.headers["x-content-type-options"], "nosniff")
