"""
The commands and the reactor that C{twistd} and C{python -m twisted} learn from this distribution; nothing but
registrations.
"""

from twisted.application.reactors import Reactor
from twisted.application.service import ServiceMaker

node = ServiceMaker(
    "wand node", "wand.twistd.node", "One port of the Ethernet: etud, wand and a control socket.", "wand-node"
)
server = ServiceMaker(
    "wand server", "wand.twistd.server", "A directory server: wansd and a control socket.", "wand-server"
)
etud = ServiceMaker("etud", "wand.twistd.etud", "Frames between a tap device and UDP, alone.", "etud")
wand = ServiceMaker("wand", "wand.twistd.wand", "Keeps the table of a separate etud up to date.", "wand")
wansd = ServiceMaker("wansd", "wand.twistd.wansd", "The directory server, alone.", "wansd")
prompt = Reactor("prompt", "wand.twistd.reactor", "epoll(7), made for packets: what twistd runs these on, on Linux")

__all__ = ["etud", "node", "prompt", "server", "wand", "wansd"]
