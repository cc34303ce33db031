"""
Tests for L{wand.cli.signing}: C{wand sign} with real keys.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from click.testing import CliRunner, Result
from simulated.membership import octetsFrom
from twisted.trial.unittest import SynchronousTestCase

from wand.cli.main import cli
from wand.sealed.authority.offline_signing import CertificateRequest, Requests, RevocationRequest, Signatures
from wand.sealed.credentials.certificate import Certificate
from wand.sealed.credentials.identity import NetworkKey, NodeKey
from wand.sealed.credentials.revocation import Revocation
from wand.sealed.credentials.signed import verified

KEY = NetworkKey.fromSeed(octetsFrom("network"))
ALICE = NodeKey.fromSeed(octetsFrom("alice"))
MALLORY = NodeKey.fromSeed(octetsFrom("mallory"))


class SignTests(SynchronousTestCase):
    def setUp(self) -> None:
        """
        Write the network key, and a document of requests.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.key = Path(directory.name) / "network.key"
        self.key.write_text(f"{octetsFrom('network').hex()}\n")
        self.key.chmod(0o600)
        self.requests = Path(directory.name) / "requests.json"
        self.ask()

    def ask(self, network: str = KEY.network.text, *, empty: bool = False, name: str = "alice") -> None:
        """
        Write the document of requests.
        """
        request = CertificateRequest(
            name=name,
            key=ALICE.identity.text,
            exchangeKey=ALICE.exchangePublic.hex(),
            server=True,
            addresses=["10.77.0.2/16"],
            macs=["02:00:00:00:00:02"],
            bridge=True,
            since=1,
        )
        revocation = RevocationRequest("mallory", MALLORY.identity.text, 1_000)
        requests = Requests(network, 3_600, [] if empty else [request], [] if empty else [revocation])
        self.requests.write_bytes(msgspec.json.encode(requests))

    def sign(self, *words: str) -> Result:
        """
        Run the command.
        """
        return CliRunner().invoke(cli, ["sign", str(self.requests), "--key", str(self.key), *words])

    def test_signed(self) -> None:
        """
        What was asked for is signed, for the life that was asked for, and it is shown before.
        """
        result = self.sign("--yes")
        self.assertEqual(result.exit_code, 0)
        signatures = msgspec.json.decode(result.stdout, type=Signatures)
        certificate = verified(signatures.certificates[0], Certificate, KEY.network)
        revocation = verified(signatures.revocations[0], Revocation, KEY.network)
        assert certificate is not None
        assert revocation is not None
        self.assertEqual((certificate.identity, certificate.expires - certificate.issued), (ALICE.identity, 3_600))
        self.assertEqual(revocation.identity, MALLORY.identity)
        for words in (
            "alice",
            ALICE.identity.text,
            ALICE.exchangePublic.hex(),
            "10.77.0.2/16",
            "02:00:00:00:00:02",
            "(in 60 minutes)",
            "1970-01-01 00:00:01 UTC",
            "! IS A DIRECTORY SERVER",
            "! may bridge",
            "revocation, permanent",
            "mallory",
            MALLORY.identity.text,
            "2 to sign, 1 of them with something unusual",
        ):
            self.assertIn(words, result.stderr)

    def test_life(self) -> None:
        """
        The signer may decide on another life.
        """
        signatures = msgspec.json.decode(self.sign("--yes", "--life", "30d").stdout, type=Signatures)
        certificate = verified(signatures.certificates[0], Certificate, KEY.network)
        assert certificate is not None
        self.assertEqual(certificate.expires - certificate.issued, 30 * 86_400)
        self.assertEqual(self.sign("--yes", "--life", "soon").exit_code, 2)

    def test_nobodyIsAsked(self) -> None:
        """
        Without a terminal and without C{--yes}, nothing is signed; where there is nothing to sign, nobody is asked.
        """
        result = self.sign()
        self.assertEqual((result.exit_code, result.stdout), (2, ""))
        self.ask(empty=True)
        result = self.sign()
        self.assertEqual(result.exit_code, 0)
        self.assertEqual(msgspec.json.decode(result.stdout, type=Signatures).certificates, [])

    def test_openKey(self) -> None:
        """
        A key that others can read is refused with what to do, and so are one that is none and one that is not there.
        """
        self.key.chmod(0o640)
        self.assertIn(f"run chmod 600 {self.key}", str(self.sign("--yes").exception))
        self.key.chmod(0o600)
        self.key.write_text("none")
        self.assertIn("holds no key", str(self.sign("--yes").exception))
        self.key.unlink()
        self.assertIn("cannot be read", str(self.sign("--yes").exception))
        self.key.mkdir(mode=0o700)
        self.assertEqual(self.sign("--yes").stdout, "")

    def test_otherRequests(self) -> None:
        """
        Requests of another network, and what is not a document, are refused; a bad name is not signed.
        """
        self.ask(MALLORY.identity.text)
        self.assertIn("not for the network of this key", str(self.sign("--yes").exception))
        self.ask(name="\x1b[2J")
        self.assertIn("cannot be signed", str(self.sign("--yes").exception))
        self.requests.write_text("{")
        self.assertIn("cannot be read", str(self.sign("--yes").exception))
        self.requests.unlink()
        self.assertIn("cannot be read", str(self.sign("--yes").exception))
