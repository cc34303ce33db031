"""
The test vectors of the sealed protocol.
"""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from twisted.trial.unittest import SynchronousTestCase

HERE = Path(__file__).parent
VECTORS = json.loads((HERE / "sealed-vectors.json").read_text())


class VectorTests(SynchronousTestCase):
    """
    The messages on the wire do not change unnoticed.
    """

    def test_everyMessage(self) -> None:
        """
        From the same keys and the same randomness comes every octet of every message.
        """
        self.assertEqual(runpy.run_path(str(HERE / "sealed_vectors.py"))["vectors"](), VECTORS)

    def test_dataIsAsSpecified(self) -> None:
        """
        A data datagram is the header and the plain AEAD of the plaintext, its nonce the octets 4 to 15.
        """
        for handshake in VECTORS["handshakes"]:
            kind = AESGCM if handshake["cipher"] == "aes-256-gcm" else ChaCha20Poly1305
            for each in handshake["data"]:
                datagram = bytes.fromhex(each["datagram"])
                key = bytes.fromhex(handshake[f"key of the {each['from']}'s messages"])
                self.assertEqual(kind(key).decrypt(datagram[4:16], datagram[16:], None).hex(), each["plaintext"])
                self.assertEqual(int.from_bytes(datagram[8:16], "big"), each["counter"])

    def test_sizes(self) -> None:
        """
        An initiation and a response have 832 octets, a demand for a cookie 52.
        """
        for handshake in VECTORS["handshakes"]:
            sizes = [len(handshake[name]) // 2 for name in ("initiation", "response", "cookie message")]
            self.assertEqual(sizes, [832, 832, 52])
