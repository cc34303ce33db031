"""
Tests for L{wand.lab.configurations}.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from twisted.trial.unittest import SynchronousTestCase

from wand.config import NodeConfiguration, ServerConfiguration, load
from wand.lab.configurations import Files
from wand.lab.topology import topology


class FilesTests(SynchronousTestCase):
    """
    The configurations that a lab writes.
    """

    def test_configurationsAreGood(self) -> None:
        """
        Every program can read its configuration, and is told to be where the topology has it.
        """
        for driver, protocol in product(("tuntap", "memory"), ("sealed", "rel2")):
            temporary = TemporaryDirectory()
            self.addCleanup(temporary.cleanup)
            layout = attrs.evolve(topology(protocol=protocol), driver=driver)
            files = Files(Path(temporary.name))
            files.write(layout)
            server = load(ServerConfiguration, str(files.configuration(layout.server)), {})
            self.assertEqual((server.listen, server.port), layout.serverEndpoint)
            for node in layout.nodes:
                read = load(NodeConfiguration, str(files.configuration(node)), {})
                self.assertEqual((read.listen, read.port), layout.endpoint(node))
                self.assertEqual((read.driver, read.mac, read.protocol), (driver, node.mac, protocol))
                if layout.isSealed:
                    self.assertEqual((read.name, read.joinFile), (node.name, str(files.token(node))))
                else:
                    self.assertEqual(read.addresses, [f"{node.inside}/16"])
                    self.assertEqual(read.servers, [str(layout.serverEndpoint)])
