"""
A session: two keys, two counters, a replay window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag

from wand.protocols.sealed.ciphers import aead
from wand.protocols.sealed.noise import TransportKeys
from wand.protocols.sealed.packets import DATA, DATA_HEADER, DATA_LAYOUT, DATA_OVERHEAD
from wand.protocols.sealed.replay import Window
from wand.protocols.sealed.timers import RENEW_MESSAGES, SESSION_MESSAGES

if TYPE_CHECKING:
    from wand.protocols.sealed.conversation import Conversation

#: What L{Session.open} answers instead of a length.
REPLAYED: Final = -1
FORGED: Final = -2


class Session:
    """
    An established session.  How old it may get is the conversation's affair, how many messages it carries its own.

    @ivar conversation: whose it is.
    @ivar ours: the index by which its datagrams find us.
    @ivar initiator: did we begin it?
    @ivar made: when, in the clock's seconds.
    @ivar version: the version that both ends speak.
    @ivar sent: how many messages were sealed; also the next counter.
    @ivar window: which counters came.
    """

    __slots__ = (
        "_decrypt",
        "_encrypt",
        "_theirs",
        "conversation",
        "initiator",
        "made",
        "ours",
        "renewAt",
        "sent",
        "version",
        "window",
    )

    def __init__(
        self,
        conversation: Conversation,
        cipher: str,
        keys: TransportKeys,
        ours: int,
        theirs: int,
        made: float,
        *,
        initiator: bool,
        version: int,
    ) -> None:
        """
        @param theirs: the index by which our datagrams find the peer.
        """
        self.conversation = conversation
        self.ours = ours
        self.initiator = initiator
        self.made = made
        self.version = version
        self.sent = 0
        self.renewAt = RENEW_MESSAGES
        self.window = Window()
        self._theirs = theirs
        self._encrypt = aead(cipher, keys.sending).encrypt_into
        self._decrypt = aead(cipher, keys.receiving).decrypt_into

    def seal(self, plaintext: memoryview, out: memoryview) -> int:  # HOT PATH
        """
        Make a data datagram.

        @param out: takes it; another buffer than the plaintext's, at least 32 octets longer.
        @return: its length, or 0 if the session carries nothing more.
        """
        counter = self.sent
        if counter >= self.renewAt and not self._mayGoOn():
            return 0
        self.sent = counter + 1
        end = len(plaintext) + DATA_OVERHEAD
        DATA_LAYOUT.pack_into(out, 0, DATA, self._theirs, counter)
        self._encrypt(out[4:16], plaintext, None, out[DATA_HEADER:end])
        return end

    def open(self, datagram: memoryview, counter: int, out: memoryview) -> int:  # HOT PATH
        """
        Open a data datagram.  Only one that opens is remembered.

        @param datagram: at least 32 octets.
        @param out: takes the plaintext; another buffer than the datagram's.  Unless the result is a length, what it
            holds is not authenticated: do not look.
        @return: the length of the plaintext, or L{REPLAYED} or L{FORGED}.
        """
        window = self.window
        if not window.isNew(counter) or counter >= SESSION_MESSAGES:
            return REPLAYED
        size = len(datagram) - DATA_OVERHEAD
        try:
            self._decrypt(datagram[4:16], datagram[DATA_HEADER:], None, out[:size])
        except InvalidTag:
            return FORGED
        window.add(counter)
        return size

    def _mayGoOn(self) -> bool:
        self.renewAt = SESSION_MESSAGES
        self.conversation.renew()
        return self.sent < SESSION_MESSAGES
