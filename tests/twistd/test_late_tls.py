"""
Tests for L{wand.twistd.late_tls}.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

#: A program that has composed nothing yet, and looks for TLS afterwards.
_BEGIN = """
import sys
import wand.twistd
loaded = {"OpenSSL", "service_identity", "twisted.internet.ssl", "twisted.protocols.tls"} & set(sys.modules)
assert not loaded, loaded
from twisted.internet.defer import Deferred
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.posixbase import PosixReactorBase
from twisted.protocols import amp

def made():
    from tempfile import TemporaryDirectory
    from wand.state import StateDirectory
    from wand.underlay.streams.tls import certificateOf
    with TemporaryDirectory() as folder:
        return certificateOf(StateDirectory(folder), "", "")
"""

#: What a program may come to do with TLS.
_USES = {
    "streams": """
from wand.underlay.streams.opening import StreamOpener
from wand.underlay.streams import tls
from twisted.protocols.tls import TLSMemoryBIOFactory
assert issubclass(tls.TLSFactory, TLSMemoryBIOFactory)
""",
    "an endpoint": """
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.ssl import optionsForClientTLS
wrapClientTLS(optionsForClientTLS("example.net"), None)
""",
    "the reactor": """
from twisted.internet import reactor
class Answering(Protocol):
    def connectionMade(self):
        self.transport.write(b"hello")
class Hearing(Protocol):
    def dataReceived(self, octets):
        print(octets.decode())
        reactor.stop()
from twisted.internet.ssl import CertificateOptions
port = reactor.listenSSL(0, Factory.forProtocol(Answering), made(), interface="127.0.0.1")
from twisted.internet.protocol import ClientFactory
reactor.connectSSL("127.0.0.1", port.getHost().port, ClientFactory.forProtocol(Hearing), CertificateOptions())
reactor.callLater(30, reactor.stop)
reactor.run()
""",
    "startTLS": """
from twisted.internet import reactor
from twisted.internet.ssl import CertificateOptions
from twisted.internet.protocol import ClientFactory
class Answering(Protocol):
    def connectionMade(self):
        self.transport.startTLS(made())
        self.transport.write(b"hello")
class Hearing(Protocol):
    def connectionMade(self):
        self.transport.startTLS(CertificateOptions())
    def dataReceived(self, octets):
        print(octets.decode())
        reactor.stop()
port = reactor.listenTCP(0, Factory.forProtocol(Answering), interface="127.0.0.1")
reactor.connectTCP("127.0.0.1", port.getHost().port, ClientFactory.forProtocol(Hearing))
reactor.callLater(30, reactor.stop)
reactor.run()
""",
    "AMP": """
certificate = amp._NoCertificate(False).options()
from twisted.internet.ssl import CertificateOptions
assert type(certificate) is CertificateOptions, certificate
print("hello")
""",
}


@pytest.mark.parametrize("use", _USES)
def test_itIsThereForWhoeverUsesIt(use: str) -> None:
    """
    TLS is not loaded with a program, and who uses it later finds all of it, even what was imported before.
    """
    run = subprocess.run([sys.executable, "-c", _BEGIN + _USES[use]], capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() in ("", "hello")
    assert ("hello" in run.stdout) == ("hello" in _USES[use])


def test_whatIsLoadedStays() -> None:
    """
    Where TLS is loaded already, it is that which everybody gets.
    """
    program = """
import twisted.internet.ssl, twisted.protocols.tls
from wand.twistd import late_tls
with late_tls.lateTLS():
    from twisted.protocols.tls import TLSMemoryBIOFactory
assert TLSMemoryBIOFactory is twisted.protocols.tls.TLSMemoryBIOFactory
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_aConsoleNeedsNone() -> None:
    """
    A program with a console asks itself over its control socket, without TLS.
    """
    program = """
from twisted.internet import reactor
from wand.console import console_service
from wand.control.client import connect
from wand.errors import NotRunning
asked = connect(reactor, "/nowhere/control.sock")
asked.addErrback(lambda failure: failure.trap(NotRunning) and print("hello"))
asked.addBoth(lambda _: reactor.stop())
reactor.run()
assert not {"OpenSSL", "twisted.internet.ssl"} & set(sys.modules)
"""
    run = subprocess.run([sys.executable, "-c", _BEGIN + program], capture_output=True, text=True, timeout=60)
    assert (run.stdout.strip(), run.returncode) == ("hello", 0), run.stderr
