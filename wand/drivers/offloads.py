"""
A tap of Linux with offloads: superframes in both directions, each behind a virtio-net header.
"""

from __future__ import annotations

import os
from mmap import mmap
from typing import Any

from zope.interface import implementer

from wand.drivers.descriptor import DescriptorTap
from wand.interfaces import Context, ISuperframeTap, TapRequest
from wand.superframes.stretch import Stretch
from wand.superframes.virtio import HEADER_SIZE, READ_SIZE, VirtioHeader


@implementer(ISuperframeTap)
class OffloadTap(DescriptorTap):
    """
    A tap that was opened with C{IFF_VNET_HDR}.

    @ivar features: what was agreed with the kernel.
    """

    def __init__(
        self, request: TapRequest, context: Context, descriptor: int, features: tuple[str, ...], **rest: Any
    ) -> None:
        super().__init__(request, context, descriptor, pad=HEADER_SIZE, **rest)
        self.features = features
        self._arena = memoryview(mmap(-1, READ_SIZE))  # resident only where it is used

    # HOT PATH
    def readFrame(self) -> int:
        """
        See L{DescriptorTap.readFrame}.  One C{readv} into memory that exists already: C{read} would allocate and fill
        64 KiB each time.
        """
        size = os.readv(self._descriptor, [self._arena])
        receiver = self._receiver
        if size > HEADER_SIZE and receiver is not None:
            arena = self._arena
            if arena[0] or arena[1]:  # flags, GSO type
                receiver.superframeRead(arena[HEADER_SIZE:size], VirtioHeader.read(arena))
            else:
                receiver.frameRead(arena[HEADER_SIZE:size])
        return size - HEADER_SIZE

    def writeStretch(self, stretch: Stretch) -> bool:
        """
        See L{ISuperframeTap}.
        """
        return self.writeParts(stretch.offloaded(), len(stretch.headers.octets) + stretch.length)
