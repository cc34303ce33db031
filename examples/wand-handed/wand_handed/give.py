"""
Opens a tap where it is started, and hands it over to whoever asks at a socket::

    python -m wand_handed.give PATH MAC ADDRESS/LENGTH...
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys

#: Linux: include/uapi/linux/if_tun.h.
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000

#: What the tap is called.
NAME = "wan0"


def openTap(mac: str, addresses: list[str]) -> int:
    """
    Make a tap interface.

    @return: its descriptor; the interface is there as long as anybody has that.
    """
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", NAME.encode(), IFF_TAP | IFF_NO_PI))
    subprocess.run(["ip", "link", "set", NAME, "address", mac, "up"], check=True)
    for address in addresses:
        subprocess.run(["ip", "address", "replace", address, "dev", NAME], check=True)
    return descriptor


def give(listener: socket.socket, descriptor: int) -> None:
    """
    Hand it over again and again, since a node may be started anew; until the listener is shut down.
    """
    while True:
        try:
            asking, _ = listener.accept()
        except OSError:
            return
        with asking:
            socket.send_fds(asking, [b"\0"], [descriptor])


def main() -> None:
    """
    Make the tap, and hand it over.
    """
    path, mac, *addresses = sys.argv[1:]
    descriptor = openTap(mac, addresses)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        give(listener, descriptor)


if __name__ == "__main__":
    main()
