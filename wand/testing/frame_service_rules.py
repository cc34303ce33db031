"""
The rules that every frame service keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

ANSWERS: Final = Rule(
    "IFrameWatcher",
    "leaving and arriving return True, False or CONSUMED, at once",
    "what is neither counts by its truth: None drops the frame, and a Deferred lets it pass",
)
NEVER_RAISES: Final = Rule(
    "IFrameWatcher",
    "leaving and arriving raise nothing, whatever the frame: it may be cut anywhere, and says what a stranger wants",
    "a frame at which a service fails is lost, and each failure costs more time than many frames",
)
LETS_PASS: Final = Rule(
    "IFrameWatcher",
    "what a service does not know it lets pass (passing() of the test has such frames)",
    "an Ethernet carries every protocol; services only know a few",
)
SAME_TYPES: Final = Rule(
    "IFrameWatcher",
    "a frame may be bytes, a bytearray or a memoryview, and the answer is the same",
    "which of them it is depends on the driver, the protocol and the system; slices of a memoryview are no bytes",
)
FRAME_KEPT: Final = Rule(
    "IFrameWatcher",
    "the frame is left as it is",
    "the host and each peer get the same one",
)
NOT_HELD: Final = Rule(
    "IFrameWatcher",
    "a memoryview is good until the call returns: what is kept is a copy",
    "the buffer is used for the next frame at once, so what is kept becomes another frame",
)
KEEPS_NOTHING: Final = Rule(
    "IFrameWatcher",
    "frames are not kept, or only so many",
    "strangers can send millions of them",
)
INJECTS_FRAMES: Final = Rule(
    "IFrameService.open",
    "what is injected is a whole frame of octets, from the destination address on, no longer than mtu + 18, and comes "
    "from an address of one host",
    "the host gets it as it is",
)
INJECTS_LITTLE: Final = Rule(
    "IFrameService.open",
    "for a frame at most one is injected, now or later",
    "what answers with more than it was asked is an amplifier for whoever asks",
)
NOT_WITHIN_OPEN: Final = Rule(
    "IFrameService.open",
    "nothing is injected and no timer is running before the first frame",
    "it is opened before the tap is started, and with the privileges of the start",
)
ANY_PEER: Final = Rule(
    "IFrameWatcher.arriving",
    "a peer is whatever the protocol calls it, such as an endpoint or the 32 octets of a key: it is only compared",
    "a service that takes it apart works with one protocol and loses the frames of all others",
)
AT_ONCE: Final = Rule(
    "IFrameWatcher",
    "leaving and arriving take no time",
    "one millisecond for each frame is a thousand frames a second; nothing else is done meanwhile",
)
APART: Final = Rule(
    "IFrameService.open",
    "what was opened is apart: whatever becomes of one, the others work",
    "a program may have several nodes, and opens a service again; what is kept belongs to the watcher, not the class",
)
LASTS: Final = Rule(
    "IFrameWatcher",
    "what passes now passes later, too (what limits a rate lets the next second's frames pass)",
    "a node runs for months",
)
TABLE_KEPT: Final = Rule(
    "NodeContext.table",
    "the table is only read",
    "directories, with the operator first, say where an address is: a frame says what its sender likes",
)
CLOSE: Final = Rule(
    "IFrameWatcher.close",
    "nothing is left, no timer and no descriptor, and nothing is injected any more; more calls do nothing",
    "the tap is closed next",
)
