"""
What a program loads.
"""

from __future__ import annotations

import subprocess
import sys

from twisted.trial.unittest import SynchronousTestCase

_NODE = """
import sys
from wand.twistd.node import Options, makeService

options = Options()
options.parseOptions(["--state=/nowhere"])
makeService(options)
print(*sys.modules, sep="\\n")
"""

#: What is for servers, for a separate wand, for the client and for what a node may come to, and large.
_OTHERS = {
    "wsproto",
    "h11",
    "wand.sealed.gossip.gossip",
    "OpenSSL",
    "service_identity",
    "cryptography.x509",
    "twisted.internet.ssl",
    "twisted.protocols.tls",
    "wand.underlay.streams.tls",
    "wand.underlay.streams.stream",
    "wand.capture.recording",
    "difflib",
    "wand.sealed.authority.stored_network",
    "sqlite3",
    "click",
    "rich",
    "twisted.internet.endpoints",
    "wand.cli",
    "wand.control.client",
    "wand.sealed.authority.authority",
    "wand.programs.wand_program",
    "wand.programs.sealed_server",
    "wand.programs.rel2_server",
    "wand.testing",
    "wand.rel2.server",
}


class LoadingTests(SynchronousTestCase):
    """
    Programs on small machines.
    """

    def test_nodeLoadsItsOwnParts(self) -> None:
        """
        A node does not spend memory on what only servers, a separate wand or the client need.
        """
        run = subprocess.run([sys.executable, "-c", _NODE], capture_output=True, text=True, check=True)
        loaded = set(run.stdout.split())
        self.assertIn("wand.programs.node", loaded)
        self.assertEqual(loaded & _OTHERS, set())
