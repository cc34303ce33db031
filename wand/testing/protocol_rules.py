"""
The rules that every peer protocol keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

DESCRIBED: Final = Rule(
    "IPeerProtocol",
    "defaultMTU is a number of octets, directory the name of a directory plugin",
    "a configuration that names neither gets these",
)
SAYS_WHERE: Final = Rule(
    "ITransport",
    "listening is a text, features and notes are sequences of texts",
    "they are shown to people as they are",
)
WHOLE: Final = Rule(
    "ITransport.send",
    "after flush every frame arrives at the peer once, whole and unchanged, whatever its size up to the MTU",
    "a frame that is cut, padded or lost is a connection that hangs as soon as its packets are large",
)
IN_ORDER: Final = Rule(
    "ITransport.send",
    "on a network that keeps the order, frames arrive in it",
    "TCP takes what overtakes for a loss and slows down",
)
FROM_WHOM: Final = Rule(
    "IFrameReceiver.frameReceived",
    "it says which peer sent the frame, by what peerFrom calls it",
    "the table, the rights of members and the statistics go by it",
)
OCTETS: Final = Rule(
    "IFrameReceiver.frameReceived",
    "a frame is bytes, a bytearray or a memoryview of octets",
    "it is cut and compared as such",
)
BATCH_ENDS: Final = Rule(
    "IFrameReceiver.batchReceived",
    "it is called after the frames that came together",
    "what was put off for a batch waits for it",
)
BUFFERS: Final = Rule(
    "ITransport.send",
    "a frame may be a slice of somebody's buffer, good until send returns: it is left as it is, and copied if it is "
    "sent at the flush",
    "buffers are used again for the next frame at once",
)
NEVER_RAISES: Final = Rule(
    "ITransport.send",
    "send, sendEach and flush never raise, whoever the peer and however long the frame",
    "they are called for each frame, and peers come and go",
)
NOT_CUT: Final = Rule(
    "ITransport.send",
    "a frame that is too long to be sent is dropped, never cut",
    "a frame with its end missing is a corrupt frame that nobody notices",
)
EACH: Final = Rule(
    "ITransport.sendEach",
    "a frame goes to each of the peers once",
    "frames to groups, such as ARP, reach everybody so",
)
NOT_BEFORE: Final = Rule(
    "ITransport.start",
    "before it no frame is handed over, and what arrives raises nothing",
    "others may send as soon as the port is bound",
)
PORT_TAKEN: Final = Rule(
    "IPeerProtocol.open",
    "if the UDP port is taken, that is a PortUnavailable",
    "the operator sees its sentence; two nodes on one host are the usual reason",
)
PEER_TEXT: Final = Rule(
    "ITransport.peerFrom",
    "a text that is no peer is an AddressInvalid",
    "it is what operators write, in configurations and commands",
)
ACCOUNT: Final = Rule(
    "ITransport.peerStatus",
    "for a peer of the table it has the frames that passed, in both directions",
    "by it operators see with whom they have contact",
)
STRANGERS: Final = Rule(
    "ITransport",
    "whatever arrives from a stranger raises nothing, is not answered with more than it brought, and disturbs no peer",
    "anybody can send datagrams to the port",
)
HEARD: Final = Rule(
    "IFrameReceiver.peerHeard",
    "it is called when a peer shows that it is alive, at most once every few seconds for each peer",
    "entries of the table stay because of it; to call it for each frame costs more than the frame",
)
STOP: Final = Rule(
    "ITransport.stop",
    "then nothing is sent or handed over, no timer is left, and the port is free",
    "a node that is configured anew binds it again",
)
AFTER_STOP: Final = Rule(
    "ITransport.stop",
    "after it send and flush do nothing and raise nothing",
    "the tap may still hand over frames while the program ends",
)
RESIZED: Final = Rule(
    "IResizableTransport.resize",
    "then frames of the new MTU pass",
    "somebody changed the MTU of the tap",
)
MOVED: Final = Rule(
    "IRovingTransport.moved",
    "it raises nothing, and frames pass afterwards",
    "a laptop that wakes up moves dozens of times within a second",
)
