"""
Somebody who is not a member and knocks all the same; C{python -m wand.demo.stranger} runs it inside a host.

It writes one JSON document: how many datagrams it C{sent}, and how many C{answers} came.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Sequence
from typing import Final

from wand.demo.figures import Silence
from wand.endpoint import splitHostPort
from wand.sealed.sessions.packets import HANDSHAKE_SIZE

#: Seconds in which an answer would come.
ANSWER_PATIENCE: Final = 0.3

#: The first octets of an initiation of the sealed protocol: its type, the version, two zeros.
_INITIATION: Final = b"\1\1\0\0"

#: A frame and a registration of REL2.
_PLAIN: Final = (bytes(2) + b"\xff" * 6 + b"\2\0\0\0\0\x66" + b"\x08\x06" + bytes(46), b"02:00:00:00:00:66\0")


def knock(source: str, endpoints: Sequence[tuple[str, int]]) -> Silence:
    """
    Send everybody every kind of datagram that a stranger can, and wait for answers.

    @param source: the address to send from.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as port:
        port.bind((source, 0))
        questions = [question for _ in range(3) for question in _questions()]
        for endpoint in endpoints:
            for question in questions:
                port.sendto(question, endpoint)
        return Silence(len(questions) * len(endpoints), _answers(port))


def _questions() -> list[bytes]:
    initiation = _INITIATION + os.urandom(HANDSHAKE_SIZE - len(_INITIATION))
    return [initiation, os.urandom(200), *_PLAIN]


def _answers(port: socket.socket) -> int:
    count, until = 0, time.monotonic() + ANSWER_PATIENCE
    while (left := until - time.monotonic()) > 0:
        port.settimeout(left)
        try:
            port.recv(65_535)
        except TimeoutError:
            break
        except ConnectionRefusedError:
            continue
        count += 1
    return count


if __name__ == "__main__":
    silence = knock(sys.argv[1], [splitHostPort(text) for text in sys.argv[2:]])
    print(json.dumps({"sent": silence.sent, "answers": silence.answers}))
