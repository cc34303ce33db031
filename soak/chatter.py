"""
Traffic of all kinds from one host to others, without end: C{python -m soak.chatter OWN OTHER...} runs inside a host.

Each turn it sends some of it to one of the others: a TCP transfer that comes back whole, or echoes over UDP and a
broadcast.  It does not matter if a turn fails, since hosts come and go; but what arrives must be what was sent, or the
program ends with status 1.
"""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from typing import Final

PORT: Final = 9_000

#: Seconds for one turn; after that the other host counts as away.
_TURN_PATIENCE: Final = 5.0


class Mirror(asyncio.DatagramProtocol):
    """
    Sends datagrams back.
    """

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[:1] == b"?":
            self._transport.sendto(b"!" + data[1:], addr)

    def error_received(self, exc: Exception) -> None:
        """
        A port is unreachable: that host is away.
        """


async def serve(own: str) -> None:
    """
    Answer the others.
    """

    async def mirror(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while octets := await reader.read(1 << 16):
                writer.write(octets)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    await asyncio.start_server(mirror, own, PORT)
    await asyncio.get_running_loop().create_datagram_endpoint(Mirror, (own, PORT))


async def transfer(target: str) -> None:
    """
    Send some octets over TCP and get them back.
    """
    sent = os.urandom(random.randrange(1, 1 << 20))
    reader, writer = await asyncio.open_connection(target, PORT)
    try:
        writer.write(sent)
        writer.write_eof()
        received = await reader.read(-1)
    finally:
        writer.close()
    if received != sent and len(received) == len(sent):
        sys.exit(f"{target} sent other octets back over TCP")


async def echo(target: str) -> None:
    """
    Send datagrams of many sizes, and a broadcast.
    """
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.setblocking(False)
        udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        for size in (0, 1, 100, 1_400, 1_472, 4_000, 20_000):
            body = os.urandom(size)
            await loop.sock_sendto(udp, b"?" + body, (target, PORT))
            received = await asyncio.wait_for(loop.sock_recv(udp, 1 << 16), 1)
            if received[1:] != body:
                sys.exit(f"{target} sent other octets back over UDP")
        await loop.sock_sendto(udp, b".broadcast", ("255.255.255.255", PORT))


async def main(own: str, others: list[str]) -> None:
    """
    Talk until killed.
    """
    await serve(own)
    while True:
        what = random.choice((transfer, echo))
        try:
            await asyncio.wait_for(what(random.choice(others)), _TURN_PATIENCE)
        except (OSError, TimeoutError):
            await asyncio.sleep(0.2)
        await asyncio.sleep(random.uniform(0, 0.2))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
