"""
The page that Prometheus reads.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from prometheus_client import ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import CollectorRegistry
from twisted.web.resource import Resource
from twisted.web.server import Request

from wand.control.program import Program
from wand.health.notes import Notes
from wand.web.metric_families import ProgramMetrics
from wand.web.sites import siteOf
from wand.web.web_service import WebService


class MetricsPage(Resource):
    """
    C{/metrics}: in the text format, or in that of OpenMetrics for whoever asks for it.
    """

    isLeaf = True

    def __init__(self, metrics: ProgramMetrics) -> None:
        super().__init__()
        self._registry = CollectorRegistry()
        self._registry.register(metrics)
        ProcessCollector(registry=self._registry)

    def render_GET(self, request: Request) -> bytes:
        """
        Write down everything that there is now.
        """
        try:
            encode, contentType = choose_encoder(request.getHeader("accept") or "")
        except Exception:  # it fails at versions that are no numbers, and whatever else strangers write
            encode, contentType = choose_encoder("")
        request.setHeader("content-type", contentType)
        return encode(self._registry)


def metricsService(
    reactor: Any, place: str, peersMaximum: int, program: Program, notes: Notes | None = None
) -> WebService:
    """
    Serves the metrics of a program.

    @param place: C{HOST:PORT}, the host a numeric address.
    @param peersMaximum: of how many peers there are metrics of their own.
    @param notes: see L{WebService}.
    """
    root = Resource()
    root.putChild(b"metrics", MetricsPage(ProgramMetrics(program, peersMaximum)))
    return WebService(reactor, place, partial(siteOf, reactor, root), program.counters, notes)
