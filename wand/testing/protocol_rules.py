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
EACH_OF_MANY: Final = Rule(
    "ITransport.sendEach",
    "a frame goes to every peer of the list, and comes from the same one at each",
    "a network of two is the exception",
)
A_KEY: Final = Rule(
    "Peer",
    "a peer can be hashed, and peerFrom gives an equal one for the same text each time",
    "the table and the accounts have it as a key",
)
LASTS: Final = Rule(
    "ITransport.send",
    "frames pass after any number of others",
    "numbers that begin again, queues that fill and windows that close end a connection after minutes; sixteen bits "
    "are used up within a second",
)
GOOD_UNTIL_RETURN: Final = Rule(
    "IFrameReceiver.frameReceived",
    "a frame is good until the call returns, also if the receiver sends meanwhile",
    "frame services answer from within; with one buffer for both a frame becomes another on its way",
)
COMES_BACK: Final = Rule(
    "ITransport.peerRemoved",
    "a peer that left the table and came back is one like any other",
    "hosts are switched off at night",
)
ACCOUNT_BEGINS: Final = Rule(
    "ITransport.peerStatus",
    "a peer of the table with which nothing has passed yet has an account of zeros, and can be removed",
    "commands ask for all peers; most of a large network are silent",
)
KEEPS_NOTHING: Final = Rule(
    "ITransport",
    "frames are not kept, and of those that wait for a peer only so many",
    "a peer that does not answer would fill the memory of whoever sends to it",
)
STRANGERS_KEPT: Final = Rule(
    "ITransport",
    "nothing is kept of strangers, or only so much",
    "they can send from as many addresses as they like, and forge them",
)
MODEST: Final = Rule(
    "ITransport",
    "what is sent without a frame, to keep a way open, is a few datagrams a second at most for each peer",
    "idle hosts are most of a network, many of them on a battery or a metered line",
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
    "it is called when a peer shows that it is alive, at most once every few seconds for each peer, and again later",
    "entries of the table stay because of it; to call it for each frame costs more than the frame",
)
STOP: Final = Rule(
    "ITransport.stop",
    "then nothing is sent or handed over, also from within a batch, no timer is left, and the port is free",
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
