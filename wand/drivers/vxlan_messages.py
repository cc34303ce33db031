"""
What two nodes with VXLAN ask each other before the kernel moves frames between them: questions and answers, each an
Ethernet frame of the second EtherType for local experiments (IEEE 802).

All are as long as frames may be: what carries a question carries every frame, and no answer is longer than what it
answers.
"""

from __future__ import annotations

import socket
from struct import Struct
from typing import Final, NamedTuple

from wand.ethernet import HEADER_SIZE, MAC, Frame

#: The EtherType, as it stands in a frame, and its place there.
KIND: Final = b"\x88\xb6"
KIND_PLACE: Final = slice(12, 14)

_MAGIC: Final = b"wandVXL1"

#: Magic, is it an answer, did the question come directly, nonce, address asked about, our address, port and number.
_BODY: Final = Struct(">8s??8s6s4sHI")

#: Octets of a nonce.
NONCE_SIZE: Final = 8

_NUMBERS: Final = 1 << 24


class Place(NamedTuple):
    """
    Where VXLAN of a host is reached (RFC 7348).

    @ivar host: an IPv4 address.
    @ivar port: a UDP port.
    @ivar number: the network identifier (VNI).
    """

    host: str
    port: int
    number: int


class Message(NamedTuple):
    """
    A question, or an answer to one.

    @ivar isDirect: did the question come as VXLAN, and not through the network?
    @ivar nonce: that of the question.
    @ivar asked: the MAC address that is asked about.
    @ivar place: where the sender's host is reached.
    """

    isAnswer: bool
    isDirect: bool
    nonce: bytes
    asked: MAC
    place: Place

    def frame(self, receiver: bytes, sender: bytes, mtu: int) -> bytes:
        """
        Write it.

        @param mtu: the largest payload of a frame; it is filled up to that.
        """
        host, port, number = self.place
        body = _BODY.pack(
            _MAGIC, self.isAnswer, self.isDirect, self.nonce, self.asked, socket.inet_aton(host), port, number
        )
        return (receiver + sender + KIND + body).ljust(HEADER_SIZE + mtu, b"\0")


def messageIn(frame: Frame) -> Message | None:
    """
    Read a frame; C{None} if it is something else.
    """
    if len(frame) < HEADER_SIZE + _BODY.size or frame[KIND_PLACE] != KIND:
        return None
    magic, isAnswer, isDirect, nonce, asked, host, port, number = _BODY.unpack_from(frame, HEADER_SIZE)
    if magic != _MAGIC or not port or number >= _NUMBERS or host[0] in (0, 127) or host[0] >= 224:
        return None
    return Message(isAnswer, isDirect, nonce, MAC(asked), Place(socket.inet_ntoa(host), port, number))
