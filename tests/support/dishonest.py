"""
A member with a valid certificate that runs a program of its own: it sends whatever it likes inside its sessions.

    dishonest.py STATE LISTEN PORT TARGET

STATE is the state directory of a node that joined; TARGET is IDENTITY,EXCHANGE KEY,HOST:PORT.  Each line on the
standard input, C{COUNT HEX}, is a frame to send so many times; C{COUNT HEX ADDRESS} does so from the address of
somebody else.  It prints C{up} when there is a session and C{down}
when there is none any more.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from time import time

from twisted.internet import reactor, stdio
from twisted.protocols.basic import LineOnlyReceiver
from zope.interface import implementer

from wand.endpoint import Endpoint
from wand.ethernet import Frame
from wand.interfaces import IFrameReceiver
from wand.programs.real_context import realContext
from wand.sealed.node.enrolment import Enrolment
from wand.sealed.sessions.transport import SealedTransport
from wand.state import StateDirectory
from wand.superframes.stretch import Stretch
from wand.table import Peer

#: The largest payload of the frames that it sends.
MTU = 1500


@implementer(IFrameReceiver)
class Deaf:
    """
    Takes frames and does nothing with them.
    """

    wantsStretches = True

    def frameReceived(self, peer: Peer, frame: Frame) -> None:
        """
        See L{IFrameReceiver}.
        """

    def stretchReceived(self, peer: Peer, stretch: Stretch) -> None:
        """
        See L{IFrameReceiver}.
        """

    def batchReceived(self) -> None:
        """
        See L{IFrameReceiver}.
        """

    def peerHeard(self, peer: Peer) -> None:
        """
        See L{IFrameReceiver}.
        """


class Orders(LineOnlyReceiver):
    """
    Reads what to send.
    """

    delimiter = b"\n"

    def __init__(self, transport: SealedTransport, target: bytes) -> None:
        self._sealed = transport
        self._target = target

    def lineReceived(self, line: bytes) -> None:
        """
        One order.
        """
        count, frame, *source = line.decode().split()
        for _ in range(int(count)):
            if source:
                self._forge(bytes.fromhex(frame), source[0])
            else:
                self._sealed.send(self._target, bytes.fromhex(frame))
        self._sealed.flush()

    def _forge(self, frame: bytes, source: str) -> None:
        conversation = self._sealed._find(self._target)
        assert conversation is not None and conversation.session is not None and conversation.place.endpoint is not None
        host, port = conversation.place.endpoint
        sealed = memoryview(bytearray(2048))
        size = conversation.session.seal(memoryview(b"\1" + frame), sealed)
        udp = struct.pack(">HHHH", 22222, port, 8 + size, 0)  # no checksum (RFC 768)
        header = struct.pack(
            ">BBHHHBBH4s4s",
            *(0x45, 0, 28 + size, 0, 0, 64, socket.IPPROTO_UDP, 0),
            *(socket.inet_aton(source), socket.inet_aton(host)),
        )
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            raw.sendto(header + udp + bytes(sealed[:size]), (host, 0))

    def connectionLost(self, reason: object = None) -> None:
        """
        Nobody gives orders any more.
        """
        reactor.callLater(0.5, reactor.stop)


def main(state: str, listen: str, port: str, target: str) -> None:
    identity, exchangeKey, endpoint = target.split(",")
    context = realContext(reactor)
    enrolment = Enrolment(StateDirectory(state), reactor, wallClock=time)
    transport = SealedTransport(listen, int(port), context, enrolment, os.urandom, MTU)
    transport.sessions.onSession(lambda peer, member, up: print("up" if up else "down", flush=True))
    transport.start(Deaf())
    host, _, number = endpoint.rpartition(":")
    transport.introduce(bytes.fromhex(identity), bytes.fromhex(exchangeKey), [Endpoint(host, int(number))])
    transport.sendControl(bytes.fromhex(identity), b"\x91\x1f")
    stdio.StandardIO(Orders(transport, bytes.fromhex(identity)))
    reactor.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
