"""
The files of an enrolment in the state directory of a node.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from typing import Final

from twisted.internet.interfaces import IReactorTime
from twisted.logger import Logger

from wand.errors import MembershipRefused, StateUnavailable, TokenInvalid
from wand.sealed.credentials.fields import wantedFrom
from wand.sealed.credentials.secret_files import readSecretFile
from wand.sealed.credentials.signed import packed, unpacked
from wand.sealed.credentials.token import Token
from wand.sealed.credentials.trust import REVOCATIONS_MAXIMUM, Trust
from wand.state_writer import StateWriter
from wand.timing.timer import Timer

#: The files.
MEMBERSHIP: Final = "membership"
TOKEN: Final = "token"
WANTED: Final = "wanted-addresses"
REVOCATIONS: Final = "revocations"
SPENT: Final = "spent"

#: The file that says that this node made its network itself, and has what a server has beside what a node has.
FOUNDED: Final = "founded"

#: Seconds for which revocations wait for others to be written with them.
REVOCATIONS_DELAY: Final = 1.0


class EnrolmentFiles:
    """
    Reads files at the start, and writes them now or later.

    @ivar damaged: what is wrong with files that a node can work without, and what to do about it.
    """

    _log = Logger()

    def __init__(self, writer: StateWriter) -> None:
        """
        @param writer: writes and removes.
        """
        self.damaged: list[str] = []
        self.write = writer.write
        self.remove = writer.remove
        self._state = writer.state

    def read(self, name: str) -> bytes | None:
        """
        The content of a file; C{None} if there is no such file.

        @raise StateUnavailable: if it cannot be read, or is open to others.
        """
        return readSecretFile(self._state, name)

    def sayDamaged(self, name: str, otherwise: str) -> None:
        """
        A file cannot be understood.

        @param otherwise: what an operator without a backup can do.
        """
        text = f"{self._state.path / name} is damaged; restore a backup (wand restore FILE), {otherwise}"
        self._log.error("{text}", text=text)
        self.damaged.append(text)

    def setAside(self, name: str) -> None:
        """
        Give a file that is damaged another name, if there is one.
        """
        try:
            if self._state.has(name):
                self._state.setAside(name)
        except StateUnavailable as error:
            self._log.error("{error}", error=error)


class InvitationFile:
    """
    The invitation that is being redeemed, and which one was the last.

    @ivar token: the invitation; C{None} if there is none.
    @ivar addresses: the overlay addresses that we would like to get with it.
    """

    def __init__(self, files: EnrolmentFiles) -> None:
        """
        @raise StateUnavailable: if a file cannot be read, or is open to others.
        """
        self.token: Token | None = None
        self.addresses: tuple[str, ...] = ()
        self._files = files
        self._spent = files.read(SPENT) or b""
        content = files.read(TOKEN)
        if content is not None:
            try:
                self.token = Token.parse(content.decode("ascii", "replace"))
            except TokenInvalid:
                files.sayDamaged(TOKEN, "or give the node its invitation again: wand join FILE")

        if self.token is not None:
            self._readWanted()

    def _readWanted(self) -> None:
        content = self._files.read(WANTED) or b""
        try:
            self.addresses = wantedFrom(content.decode("ascii", "replace").split())
        except MembershipRefused:
            self._files.sayDamaged(WANTED, "or give the node its invitation again: wand join FILE --address ADDRESS")

    def keep(self, token: Token, addresses: tuple[str, ...] = ()) -> None:
        """
        Keep an invitation until L{forget}.

        @param addresses: the overlay addresses that we would like.
        """
        if addresses:
            self._files.write(WANTED, f"{' '.join(addresses)}\n".encode())
        elif self.addresses:
            self._files.remove(WANTED)
        self._files.write(TOKEN, f"{token.text}\n".encode())
        self.token, self.addresses = token, addresses

    def forget(self) -> None:
        """
        The invitation was redeemed or refused; nobody waits for it any more.
        """
        if self.token is not None:
            self._spent = _digest(self.token)
            self._files.write(SPENT, self._spent)
        self._files.remove(TOKEN)
        if self.addresses:
            self._files.remove(WANTED)
        self.token, self.addresses = None, ()

    def isSpent(self, token: Token) -> bool:
        """
        Is this the invitation that was redeemed or refused last?
        """
        return compare_digest(_digest(token), self._spent)


class RevocationsFile:
    """
    The revocations and allowances that a L{Trust} knows, written soon after there are new ones.
    """

    def __init__(self, files: EnrolmentFiles, clock: IReactorTime) -> None:
        self._files = files
        self._trust: Trust | None = None
        self._writing = Timer(clock, self._write)

    def follow(self, trust: Trust) -> None:
        """
        Hand over what is in the file, and write down what is new from now on.

        @raise StateUnavailable: if the file cannot be read, or is open to others.
        """
        content = self._files.read(REVOCATIONS)
        revocations = None if content is None else unpacked(content, list[bytes], 256 * REVOCATIONS_MAXIMUM)
        if content is not None and revocations is None:
            otherwise = "or let the others tell this node who was revoked, which they do at once"
            self._files.sayDamaged(REVOCATIONS, otherwise)
            self._files.setAside(REVOCATIONS)
        trust.load(revocations or ())
        trust.observe(lambda identity, revocation: self._changed())
        trust.observeAllowances(lambda allowance, notice: self._changed())
        self._trust = trust

    def stop(self) -> None:
        """
        Leave no timer behind, and nothing unwritten.
        """
        if self._writing.isSet:
            self._writing.stop()
            self._write()

    def _changed(self) -> None:
        if not self._writing.isSet:
            self._writing.set(REVOCATIONS_DELAY)

    def _write(self) -> None:
        if self._trust is not None:
            self._files.write(REVOCATIONS, packed(self._trust.notices.all))


def _digest(token: Token) -> bytes:
    return f"{sha256(token.text.encode()).hexdigest()}\n".encode()
