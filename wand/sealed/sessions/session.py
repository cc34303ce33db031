"""
A session: two keys, two counters, a replay window.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag

from wand.interfaces.membership import Member
from wand.sealed.sessions.ciphers import CIPHERS, Octets, Opening, Sealing
from wand.sealed.sessions.noise import TransportKeys
from wand.sealed.sessions.packets import DATA, DATA_HEADER, DATA_LAYOUT, DATA_OVERHEAD, TAG, headersOf
from wand.sealed.sessions.path import Path
from wand.sealed.sessions.peers import Account, Correspondent
from wand.sealed.sessions.recent import Recent
from wand.sealed.sessions.replay import Window
from wand.sealed.sessions.timers import RENEW_MESSAGES, SESSION_MESSAGES
from wand.underlay.slots import Slots

#: What L{Session.open} answers instead of a length.
REPLAYED: Final = -1
FORGED: Final = -2


class Asleep(Exception):
    """
    A session has no cipher yet.
    """


class SessionOwner(Protocol):
    """
    Whose a session is: what is between one peer and us.
    """

    @property
    def peer(self) -> Correspondent:
        """
        Who is at the other end.
        """

    @property
    def member(self) -> Member | None:
        """
        What its last valid certificate says; C{None} for a node that joins.
        """

    @property
    def account(self) -> Account:
        """
        What passed.
        """

    @property
    def path(self) -> Path:
        """
        How big datagrams may be.
        """

    @property
    def recent(self) -> Recent:
        """
        What went to the peer lately.
        """

    def woke(self, session: Session) -> bool:
        """
        A session that was at rest has something to do.

        @return: will it have more to do soon, so that its cipher is to be kept?
        """

    def rest(self, session: Session) -> None:
        """
        Others than this session had something to do since.
        """

    def renew(self) -> None:
        """
        The session has carried almost as much as it may: make the next one.
        """

    def heard(self, session: Session, counter: int, sender: tuple[str, int], size: int) -> None:
        """
        A datagram opened.

        @param session: the one in which it came.
        @param size: the length of its plaintext.
        """

    def refused(self, place: tuple[str, int]) -> None:
        """
        The system lets nothing out to a place.
        """

    def presenceReceived(self, plaintext: memoryview, sender: tuple[str, int]) -> None:
        """
        A sign of life came, a challenge or an answer to ours.
        """


class Session:
    """
    An established session.  It knows how many messages it may carry; how old it may get, its owner decides.

    While it is at rest it has no ciphers; what stands in their place fails, and is replaced then.  So one in use costs
    nothing more than if there were no rest.

    @ivar owner: whose it is.
    @ivar ours: the index by which its datagrams find us.
    @ivar initiator: did we begin it?
    @ivar made: when, in the clock's seconds.
    @ivar version: the version that both ends speak.
    @ivar ahead: by how many seconds the peer's clock was ahead of ours; C{None} if it did not tell.
    @ivar secret: the number of the newest network secret that the peer had; C{None} if it did not tell.
    @ivar sent: how many messages were sealed; also the next counter.
    @ivar window: which counters came.
    """

    __slots__ = (
        "_cipher",
        "_decrypt",
        "_encrypt",
        "_keys",
        "_theirs",
        "ahead",
        "initiator",
        "made",
        "ours",
        "owner",
        "renewAt",
        "secret",
        "sent",
        "version",
        "window",
    )

    def __init__(
        self,
        owner: SessionOwner,
        cipher: str,
        keys: TransportKeys,
        ours: int,
        theirs: int,
        made: float,
        *,
        initiator: bool,
        version: int,
        ahead: float | None = None,
        secret: int | None = None,
    ) -> None:
        """
        @param theirs: the index by which our datagrams find the peer.
        """
        self.owner = owner
        self.ours = ours
        self.initiator = initiator
        self.made = made
        self.version = version
        self.ahead = ahead
        self.secret = secret
        self.sent = 0
        self.renewAt = RENEW_MESSAGES
        self.window = Window()
        self._theirs = theirs
        self._cipher = CIPHERS[cipher]
        self._keys = keys
        self._encrypt: Sealing = _asleep
        self._decrypt: Opening = _asleep

    def rest(self) -> None:
        """
        Let go of the ciphers until they are needed again.
        """
        self._encrypt = self._decrypt = _asleep

    def _wakeSealing(self) -> Sealing:
        made = self._cipher(self._keys.sending).encrypt_into
        if self.owner.woke(self):
            self._encrypt = made
        return made

    def _wakeOpening(self) -> Opening:
        made = self._cipher(self._keys.receiving).decrypt_into
        if self.owner.woke(self):
            self._decrypt = made
        return made

    @property
    def theirs(self) -> int:
        """
        The index by which our datagrams find the peer.
        """
        return self._theirs

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
        try:
            self._encrypt(out[4:16], plaintext, None, out[DATA_HEADER:end])
        except Asleep:
            self._wakeSealing()(out[4:16], plaintext, None, out[DATA_HEADER:end])
        return end

    def sealEach(self, plaintexts: Sequence[memoryview], slots: Slots, first: int) -> bool:  # HOT PATH
        """
        Make data datagrams, all but the last of one size, from slot C{first} on.

        One call makes the headers and one C{map} the datagrams, without a turn of the interpreter for each of them.
        The slices are those of the slots, cut only once.

        @return: C{False} if the session carries nothing more.
        """
        counter, count = self.sent, len(plaintexts)
        if counter + count > self.renewAt and not self._mayGoOn(count):
            return False
        self.sent = counter + count
        size = slots.stride
        words = [DATA << 56 | self._theirs] * (2 * count)
        words[1::2] = range(counter, counter + count)
        headersOf(size, count).pack_into(slots.view, first * size, *words)
        end = first + count
        nonces = slots.slices(4, 12, end)[first:end]
        sealed = slots.slices(DATA_HEADER, size - DATA_HEADER, end)[first:end]
        sealed[-1] = sealed[-1][: len(plaintexts[-1]) + TAG]
        try:
            _consume(map(self._encrypt, nonces, plaintexts, repeat(None), sealed))
        except Asleep:
            _consume(map(self._wakeSealing(), nonces, plaintexts, repeat(None), sealed))
        return True

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
            try:
                self._decrypt(datagram[4:16], datagram[DATA_HEADER:], None, out[:size])
            except Asleep:
                self._wakeOpening()(datagram[4:16], datagram[DATA_HEADER:], None, out[:size])
        except InvalidTag:
            return FORGED
        window.add(counter)
        return size

    def openEach(
        self, counters: Sequence[int], nonces: list[memoryview], sealed: list[memoryview], out: list[memoryview]
    ) -> int:  # HOT PATH
        """
        Open the datagrams of a train, all or none.

        @param counters: their counters.
        @param nonces: their octets 4 to 15.
        @param sealed: the octets after these.
        @param out: take the plaintexts, each of the right length.
        @return: the highest counter; negative if one of them does not open, or came before: L{open} tells of each.
        """
        window, count = self.window, len(counters)
        first, highest = counters[0], counters[-1]
        inOrder = first > window.highest and highest - first == count - 1
        if not inOrder or counters != tuple(range(first, highest + 1)):
            inOrder, highest = False, max(counters)
            if len(set(counters)) < count or not all(map(window.isNew, counters)):
                return REPLAYED
        if highest >= SESSION_MESSAGES:
            return REPLAYED
        try:
            try:
                _consume(map(self._decrypt, nonces, sealed, repeat(None), out))
            except Asleep:
                _consume(map(self._wakeOpening(), nonces, sealed, repeat(None), out))
        except InvalidTag:
            return FORGED
        if inOrder:
            window.addRow(first, count)
        else:
            _consume(map(window.add, counters))
        return highest

    def _mayGoOn(self, count: int = 1) -> bool:
        self.renewAt = SESSION_MESSAGES
        self.owner.renew()
        return self.sent + count <= SESSION_MESSAGES


def _asleep(nonce: Octets, data: Octets, associated: None, buffer: memoryview) -> int:
    raise Asleep


def _consume(calls: Iterable[object]) -> None:
    deque(calls, maxlen=0)
