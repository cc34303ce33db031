"""
TLS around streams.

It hides nothing and proves nothing that the sealed protocol inside does not hide and prove better; without it, what
lies between might let nothing through.  So a client takes any certificate (docs/security.md says why).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import (
    IOpenSSLClientConnectionCreator,
    IOpenSSLServerConnectionCreator,
    IProtocolFactory,
    IReactorTime,
    ITransport,
)
from twisted.internet.ssl import CertificateOptions, TLSVersion
from twisted.logger import Logger
from twisted.protocols.tls import TLSMemoryBIOFactory, TLSMemoryBIOProtocol
from twisted.python.failure import Failure
from zope.interface import implementer

from wand.errors import ConfigurationInvalid
from wand.state import StateDirectory
from wand.underlay.streams.intake import Intake
from wand.underlay.streams.records import Records

#: The file with the certificate that a server makes itself, and its key.
CERTIFICATE: Final = "tls.pem"

#: For how long it is valid; nobody checks.
_DAYS: Final = 3650

#: What a browser and a web server would agree on; middleboxes look at it.
_PROTOCOLS: Final = [b"http/1.1"]

_KEY: Final = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----\n?", re.DOTALL)


class TLSProtocol(TLSMemoryBIOProtocol):
    """
    Takes as many records as the stream in it may bring, and tells when all that came at once is handed over.
    """

    def makeConnection(self, transport: ITransport) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._kept = b""
        self._records = Records()
        self._intake: Intake = self.wrappedProtocol.intake  # type: ignore[attr-defined]
        super().makeConnection(transport)  # type: ignore[no-untyped-call]
        self._intake.layers.append(self.takeKept)

    def dataReceived(self, octets: bytes) -> None:
        """
        See L{twisted.internet.interfaces.IProtocol}.
        """
        self._intake.begin()
        self._kept = self._kept + octets if self._kept else octets
        self.takeKept()

    def takeKept(self) -> None:
        """
        Take what came, as far as it may be taken now.
        """
        while self._kept and self.connected and self._intake.mayGoOn:
            end, records = self._records.cut(self._kept)
            if not end:
                break
            octets, self._kept = self._kept[:end], self._kept[end:]
            self._intake.spend(records)
            super().dataReceived(octets)  # type: ignore[no-untyped-call]
            if self.wrappedProtocol is not None:
                self.wrappedProtocol.takeKept()  # type: ignore[attr-defined]
        if self.wrappedProtocol is not None:  # what came may have ended it
            self.wrappedProtocol.batchReceived()  # type: ignore[attr-defined]

    def _tlsShutdownFinished(self, reason: Failure | None) -> None:
        """
        The other end ended TLS: so the connection ends, which it would not while a stream may still write to it.
        """
        raw = self._intake.transport
        if raw is not None:
            raw.unregisterProducer()
        super()._tlsShutdownFinished(reason)  # type: ignore[no-untyped-call]


class TLSFactory(TLSMemoryBIOFactory):
    """
    Wraps streams in TLS.
    """

    protocol = TLSProtocol
    noisy = False


def accepting(context: CertificateOptions, factory: IProtocolFactory, clock: IReactorTime) -> TLSFactory:
    """
    Wraps the streams of a server.
    """
    return TLSFactory(_Server(context), False, factory, clock)


def opening(host: str, factory: IProtocolFactory, clock: IReactorTime) -> TLSFactory:
    """
    Wraps the stream of a client.

    @param host: the name of the server, or its address.
    """
    return TLSFactory(_Client(host), True, factory, clock)


def certificateOf(state: StateDirectory, certificate: str, key: str) -> CertificateOptions:
    """
    What a server shows.

    @param certificate: a file with its certificate and those above it; empty for one that is made and kept in C{state}.
    @param key: a file with the key; empty if it is in the same file.
    @raise ConfigurationInvalid: if they cannot be used.
    @raise wand.errors.StateUnavailable: if what is kept cannot be read or written.
    """
    if not certificate:
        return _options(_kept(state), "", "tls-certificate")
    return _options(_read(certificate, "tls-certificate"), _read(key, "tls-key") if key else "", "tls-certificate")


def showing(certificate: str, where: str) -> IOpenSSLServerConnectionCreator:
    """
    Makes connections of a server with a certificate of the operator's, and with another as soon as it is in the file.

    @param certificate: a file with it, those above it, and its key.
    @param where: the setting that names the file.
    @raise ConfigurationInvalid: if it cannot be used.
    """
    return _Renewed(Path(certificate), where)


def _read(path: str, key: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid("", key, f"{path} cannot be read: {error}") from None


def _options(certificate: str, key: str, where: str) -> CertificateOptions:
    try:
        own, *above = x509.load_pem_x509_certificates(certificate.encode())
        private = load_pem_private_key(_keyIn(key or certificate).encode(), None)
        options = CertificateOptions(
            privateKey=private,  # type: ignore[arg-type]
            certificate=own,  # type: ignore[arg-type]  # pyOpenSSL prefers these to its own
            extraCertChain=above,  # type: ignore[arg-type]
            acceptableProtocols=_PROTOCOLS,
            raiseMinimumTo=TLSVersion.TLSv1_2,
        )
        options.getContext()
    except (ValueError, TypeError, SSL.Error, crypto.Error, UnsupportedAlgorithm) as error:
        raise ConfigurationInvalid("", where, f"it is no certificate with its key in PEM: {error}") from None
    return options


def _keyIn(text: str) -> str:
    found = _KEY.search(text)
    if found is None:
        raise ValueError("there is no private key")
    return found[0]


def _kept(state: StateDirectory) -> str:
    kept = state.read(CERTIFICATE)
    if kept is None:
        kept = _made()
        state.write(CERTIFICATE, kept)
    return kept.decode("ascii", "replace")


def _made() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=_DAYS))
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@implementer(IOpenSSLServerConnectionCreator)
class _Server:
    def __init__(self, options: CertificateOptions) -> None:
        self._context = options.getContext()

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        return SSL.Connection(self._context, None)


@implementer(IOpenSSLServerConnectionCreator)
class _Renewed:
    """
    Shows the certificate that is in a file; if that is none any more, the one before.
    """

    _log = Logger(namespace="wand")

    def __init__(self, path: Path, where: str) -> None:
        self._path = path
        self._where = where
        self._seen = self._look()
        self._server = self._made()

    def serverConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        seen, before = self._look(), self._seen
        self._seen = seen
        if seen != before:
            try:
                self._server = self._made()
            except ConfigurationInvalid as error:
                self._log.error("the new certificate is not shown, but the one before: {reason}", reason=str(error))
        return self._server.serverConnectionForTLS(tlsProtocol)

    def _made(self) -> _Server:
        return _Server(_options(_read(str(self._path), self._where), "", self._where))

    def _look(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_ino, found.st_size, found.st_mtime_ns


@implementer(IOpenSSLClientConnectionCreator)
class _Client:
    def __init__(self, host: str) -> None:
        options = CertificateOptions(raiseMinimumTo=TLSVersion.TLSv1_2, acceptableProtocols=_PROTOCOLS)
        self._context = options.getContext()
        self._name = None if ":" in host or host.replace(".", "").isdigit() else host.encode("idna")

    def clientConnectionForTLS(self, tlsProtocol: TLSMemoryBIOProtocol) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        if self._name is not None:  # names only (RFC 6066, section 3)
            connection.set_tlsext_host_name(self._name)
        return connection
