"""
The rules that every tap driver keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

REPORTS: Final = Rule(
    "ITap",
    "interface, mac and mtu are those that were asked for, or that the host has in fact",
    "the network is told of this MAC address, and frames are measured by this MTU",
)
FEATURES: Final = Rule(
    "ITap.features",
    "it is a sequence of words, empty if nothing was agreed with the kernel",
    "it is shown to people as it is",
)
FEATURES_TRUE: Final = Rule(
    "ITap.features",
    "only an ISuperframeTap says that it has offloads such as TSO4",
    "whoever looks for the reason of a slow network is misled",
)
READ_WHOLE: Final = Rule(
    "IFrameReader.frameRead",
    "every frame that the host sends comes once, whole and unchanged, whatever its size up to the MTU",
    "a frame that is cut, padded or lost is a connection that hangs as soon as its packets are large",
)
WRITTEN_WHOLE: Final = Rule(
    "ITap.write",
    "every frame that is taken arrives at the host once, whole and unchanged, whatever its size up to the MTU",
    "a frame that is cut, padded or lost is a connection that hangs as soon as its packets are large",
)
ANY_ADDRESS: Final = Rule(
    "ITap",
    "frames pass whatever addresses and EtherType they have, tagged or not",
    "an Ethernet carries every protocol; who may send what is decided elsewhere",
)
READ_IN_ORDER: Final = Rule(
    "IFrameReader.frameRead",
    "frames come in the order in which the host sent them",
    "TCP takes what overtakes for a loss and slows down",
)
WRITTEN_IN_ORDER: Final = Rule(
    "ITap.write",
    "frames arrive at the host in the order in which they were written",
    "TCP takes what overtakes for a loss and slows down",
)
OCTETS: Final = Rule(
    "IFrameReader.frameRead",
    "a frame is bytes, a bytearray or a memoryview of octets, and nothing else",
    "it is cut and compared as such; what a device puts in front of it (a header, its length) the driver removes",
)
TOO_LONG_READ: Final = Rule(
    "IFrameReader.frameRead",
    "a frame that is longer than the MTU allows is dropped, or handed over longer than that; it is never cut to fit",
    "a frame of a good length with its end missing is a corrupt frame that nobody notices; "
    "read one octet more than is allowed",
)
TOO_LONG_WRITTEN: Final = Rule(
    "ITap.write",
    "a frame of more than mtu + 18 octets is not handed to the host: it is dropped and counted, and False is returned",
    "a host drops what is above its MTU without a word, or a driver with smaller buffers breaks; the counter tells why",
)
MTU_IN_FORCE: Final = Rule(
    "IHostTap.adopt",
    "from then on name, MAC address and MTU are the new ones, also for the sizes of frames",
    "somebody changed the interface (ip link set mtu): frames of the new size are cut or lost where the old one counts",
)
GOOD_UNTIL_RETURN: Final = Rule(
    "IFrameReader.frameRead",
    "a frame is good until the call returns, also if the receiver writes meanwhile",
    "forwarding and frame services answer from within; with one buffer for both a frame becomes another on its way",
)
WRITE_TAKES_NOTHING: Final = Rule(
    "ITap.write",
    "what the host sent meanwhile is not lost",
    "each loss halves the speed of a connection",
)
WAKES_FOR_NOTHING: Final = Rule(
    "IReadDescriptor.doRead",
    "called though there is nothing to read, it does nothing, and does not take that for the end",
    "reactors and kernels wake a reader up for nothing now and then (select(2), BUGS)",
)
APART: Final = Rule(
    "ITapDriver.open",
    "taps are apart: whatever becomes of one, the others work, and each as if it were the first",
    "a program may have several networks, and opens a tap again; what they share is kept by the tap, not by the class",
)
NO_ECHO: Final = Rule(
    "IFrameReader.frameRead",
    "what was written to the tap is not handed over again",
    "each frame would go back to where it came from, forever: a loop that fills the network",
)
BUFFERS: Final = Rule(
    "ITap.write",
    "a frame may be a slice of somebody's buffer: it is used before write returns, and left as it is",
    "buffers are used again for the next frame at once",
)
KEEPS_NOTHING: Final = Rule(
    "ITap",
    "frames that have passed are not kept",
    "a node passes millions of frames a minute: whatever keeps them uses up the memory",
)
WRITE_ANSWERS: Final = Rule(
    "ITap.write",
    "it returns True if the host took the frame, else False",
    "forwarding counts by it what was delivered",
)
WRITE_NEVER_RAISES: Final = Rule(
    "ITap.write",
    "it never raises; a frame that the host does not take is dropped and counted",
    "a full queue is an ordinary moment of a busy host",
)
COUNTED: Final = Rule(
    "ITap.write",
    "every frame is either taken, or counted once in a counter whose name begins with drop-",
    "an operator finds by the counters where frames are lost",
)
RECOVERS: Final = Rule(
    "ITap.write",
    "when the host has caught up, frames are taken again",
    "a full queue that stays full is a node that is cut off",
)
NOT_WITHIN_START: Final = Rule(
    "ITap.start",
    "nothing is handed over from within start, only from the next turn of the reactor on",
    "the receiver is not ready before start has returned",
)
ONE_THREAD: Final = Rule(
    "IFrameReader",
    "it is called in the thread of the reactor, that which called start",
    "nothing that it calls is made for several threads; what a thread reads is handed over by callFromThread",
)
NOT_WITHIN_WRITE: Final = Rule(
    "ITap.write",
    "nothing is handed over from within write",
    "the receiver is in the middle of something else then",
)
BATCH_NOT_EMPTY: Final = Rule(
    "IFrameReader.batchRead",
    "it is called only after frames",
    "each call has a cost, and on an idle host there are no frames",
)
WRITES_AT_ONCE: Final = Rule(
    "ITap.write",
    "it never waits, not for a moment",
    "one millisecond for each frame is a thousand frames a second, which is ten megabits",
)
SLEEPS: Final = Rule(
    "ITap",
    "without frames it does next to nothing: its descriptor wakes it up, or it looks a hundred times a second at most",
    "what asks again and again uses up a processor, and the battery of a laptop",
)
BATCH_ENDS: Final = Rule(
    "IFrameReader.batchRead",
    "after the frames that were there it is called",
    "what was put off for a batch waits for it: without it the last frames are never sent",
)
BATCH_JOINS: Final = Rule(
    "IFrameReader.batchRead",
    "it is called once for all frames that were there, not after each",
    "frames of a batch are sent together: one by one costs several times the CPU time",
)
BATCH_BOUND: Final = Rule(
    "IFrameReader.batchRead",
    "one turn of the reactor hands over a bounded number of frames",
    "timers and the control socket wait meanwhile",
)
OPEN_FAILS: Final = Rule(
    "ITapDriver.open",
    "what cannot be opened or configured is a TapUnavailable that says why",
    "the operator sees this sentence and nothing else",
)
NOTHING_LEFT: Final = Rule(
    "ITapDriver.open",
    "when it fails nothing is left behind: no descriptor, timer, reader or interface",
    "nobody has anything to close then, and the next start would find the device busy",
)
CLOSE_FREES: Final = Rule(
    "ITap.close",
    "what was opened is gone: descriptors, timers, readers, interfaces; more calls do nothing",
    "a node opens its tap again when its configuration changes",
)
SILENT_AFTER_CLOSE: Final = Rule(
    "ITap.close",
    "after it nothing is handed over: no frame, no batchRead, no tapLost",
    "the receiver has let go of what it would need for that",
)
WRITE_AFTER_CLOSE: Final = Rule(
    "ITap.write",
    "after close it drops the frame, counts it and returns False",
    "frames of peers may still arrive while a program ends",
)
LOST_IS_TOLD: Final = Rule(
    "IFrameReader.tapLost",
    "when the device is gone it is called once, with a sentence that says what happened",
    "else the node looks healthy and passes nothing; by this it ends or opens the tap again",
)
LOST_RAISES: Final = Rule(
    "ITap",
    "that the device is gone is told by tapLost; no error escapes from reading",
    "an OSError in the reactor tells the operator nothing, and comes again at each turn",
)
LOST_IS_UNWATCHED: Final = Rule(
    "IFrameReader.tapLost",
    "a device that is gone is watched no more, and hands over nothing more",
    "a descriptor at its end is always ready: the reactor would use all of the CPU",
)
CONNECTION_LOST: Final = Rule(
    "IReadDescriptor.connectionLost",
    "when the reactor says that the descriptor is broken, tapLost is called",
    "the reactor has stopped watching it then, and nobody else will ever notice",
)
ADDRESS_ADDED: Final = Rule(
    "ITap.addAddress",
    "the host has the address afterwards, or a TapUnavailable says what to do",
    "an address that was not set, without a word, is a network in which nothing answers",
)
ADDRESS_TWICE: Final = Rule(
    "ITap.addAddress",
    "an address that the host has already is fine",
    "an operator or an earlier start may have set it",
)
ADDRESSES_ASKED: Final = Rule(
    "TapRequest.addresses",
    "a driver whose addAddress works gives the host the addresses that it is asked for at open, too",
    "these are the addresses of the configuration",
)
NON_BLOCKING: Final = Rule(
    "ITap.start",
    "what is watched for reading is non-blocking",
    "a reader is told that there may be something: by the time it reads, there may be nothing, and it would wait",
)
