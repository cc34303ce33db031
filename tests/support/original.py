"""
A node and a server of the original, written from the facts of its wire formats alone: no line of this project is used.

C{original.py node MAC SERVER} registers, sends every frame of the experimental EtherType that it gets back to where it
came from, and frames of its own to everyone in the table.  C{original.py server} answers registrations.  Both say on
their standard output what they see.
"""

from __future__ import annotations

import select
import socket
import sys
import time


def node(mac: str, server: str) -> None:
    """
    Be a node.
    """
    own = bytes.fromhex(mac.replace(":", ""))
    data = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    data.bind(("0.0.0.0", 22222))
    wand = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    asked = 0.0
    table: dict[bytes, str] = {}
    while True:
        if time.monotonic() - asked > 0.5:
            asked = time.monotonic()
            wand.sendto(mac.encode() + b"\0", (server, 44444))
            for there, address in table.items():
                if there != own:
                    data.sendto(b"\0\0" + there + own + b"\x88\xb5" + b"from the original".ljust(46), (address, 22222))
        ready, _, _ = select.select([data, wand], [], [], 0.1)
        if wand in ready:
            parts = wand.recvfrom(65535)[0].split(b"\0")
            assert parts.pop() == b"", parts
            table = {
                bytes.fromhex(there.decode().replace(":", "")): address.decode()
                for there, address in zip(parts[::2], parts[1::2], strict=True)
            }
            print("table", *(f"{there.hex(':')}={address}" for there, address in sorted(table.items())), flush=True)
        if data in ready:
            datagram, sender = data.recvfrom(65535)
            frame = datagram[2:]
            if frame[12:14] == b"\x88\xb5" and frame[:6] == own:
                print("frame", datagram[:2].hex(), sender[0], sender[1], frame[14:].decode().strip(), flush=True)
                data.sendto(b"\0\0" + frame[6:12] + own + frame[12:], sender)


def server() -> None:
    """
    Be a server.
    """
    wansd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    wansd.bind(("0.0.0.0", 44444))
    known: dict[bytes, tuple[str, int]] = {}
    while True:
        request, sender = wansd.recvfrom(65535)
        print("request", request.hex(), flush=True)
        mac = request[:17]
        isNew = known.get(mac) != sender
        known[mac] = sender
        table = b"".join(there + b"\0" + address.encode() + b"\0" for there, (address, _) in known.items())
        for listener in known.values() if isNew else [sender]:
            wansd.sendto(table, listener)


if __name__ == "__main__":
    if sys.argv[1] == "node":
        node(sys.argv[2], sys.argv[3])
    else:
        server()
