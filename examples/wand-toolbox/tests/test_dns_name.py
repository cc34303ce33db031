"""
The contract of candidate sources, run against ours; the test plays the DNS.
"""

import socket
from typing import Any

from twisted.trial.unittest import SynchronousTestCase
from wand_toolbox.dns_name import DNSNameSource

from wand.interfaces import ICandidateSource
from wand.testing.candidates import CandidateSourceContract


class DNSNameSourceTests(CandidateSourceContract, SynchronousTestCase):
    settings = {"host": "office.example.net"}

    def makeSource(self) -> ICandidateSource:
        self.addresses = ["203.0.113.7"]
        return DNSNameSource(self.lookUp)

    def lookUp(self, host: str, *rest: object) -> list[tuple[Any, ...]]:
        if not self.addresses:
            raise socket.gaierror(f"nobody knows {host}")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (each, 0)) for each in self.addresses]

    def test_theNameLeadsElsewhere(self) -> None:
        """
        Another address is told; and that nobody knows the name is no news: the old one may still do.
        """
        source = self.opened()
        self.begun(source)
        self.addresses = []
        self.pass_(300)
        self.addresses = ["203.0.113.8"]
        self.pass_(300)
        self.stopped(source)
        assert [[str(each.endpoint) for each in told] for told in self.told] == [
            ["203.0.113.7:22222"],
            ["203.0.113.8:22222"],
        ]
