"""
The invitation that a node finds when it starts: in the file that C{join-file} names, or in its environment.  Lines
such as C{address 10.77.0.9} say which addresses it asks for with it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from twisted.logger import Logger

from wand.config import EtudConfiguration, NodeConfiguration
from wand.errors import WandError
from wand.health.notes import Notes
from wand.plain_file import PROMPTLY, checkPlain
from wand.sealed.credentials.fields import wantedFrom
from wand.sealed.credentials.token import Token
from wand.sealed.credentials.token_text import TOKEN_VARIABLE, WISH
from wand.sealed.node.enrolment import Enrolment

#: The keys of the notes about the file: what keeps the node from joining, and what is unwise about the file.
FILE_NOTE: Final = "join-file"
OPEN_FILE_NOTE: Final = "join-file-open"

#: The most octets of a file that are read.
_FILE_MAXIMUM: Final = 8192


class StartInvitation:
    """
    Hands the invitation to an enrolment; to a member's only if it is not the one that was redeemed or refused last.
    One that cannot be used does not keep the node from running: the node says what is wrong, and waits for another.
    """

    _log = Logger()

    def __init__(self, configuration: EtudConfiguration, notes: Notes) -> None:
        self._path = configuration.joinFile if isinstance(configuration, NodeConfiguration) else ""
        self._notes = notes

    def into(self, enrolment: Enrolment) -> None:
        """
        Let the enrolment begin with the invitation, if there is one.
        """
        isMember = enrolment.stage == "member"
        try:
            text, isOpen = self._read()
            lines = (text or "").splitlines()
            token = None if text is None else Token.parse("".join(each for each in lines if not _isWish(each)))
            if token is None or (isMember and enrolment.invitation.isSpent(token)):
                return
            if isOpen:
                self._sayOpen()
            enrolment.begin(token, wantedFrom(each.removeprefix(WISH) for each in filter(_isWish, lines)))
        except (OSError, WandError) as error:
            isGone = isMember and isinstance(error, FileNotFoundError)  # as it should be
            wasRead = enrolment.token is not None  # at an earlier start, and may have been removed since
            if not (isGone or wasRead):
                self._say(error, isMember=isMember)

    def _read(self) -> tuple[str | None, bool]:
        """
        The text, if there is one, and whether others can read it.
        """
        if not self._path:
            return os.environ.get(TOKEN_VARIABLE), False
        path = Path(self._path)
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | PROMPTLY)) as file:
            found = os.fstat(file.fileno())
            checkPlain(path, found)
            isOpen = bool(found.st_mode & 0o077)
            return file.read(_FILE_MAXIMUM).decode("ascii", "replace"), isOpen

    def _sayOpen(self) -> None:
        self._notes.say(
            OPEN_FILE_NOTE,
            f"the invitation file {self._path} can be read by others, who could join with it: run chmod 600 "
            f"{self._path}, and remove it once this node is a member",
        )

    def _say(self, error: OSError | WandError, *, isMember: bool) -> None:
        where = f"the invitation file {self._path}" if self._path else f"the invitation in {TOKEN_VARIABLE}"
        if isinstance(error, FileNotFoundError):
            why = "is not there"
        elif isinstance(error, OSError):
            why = f"cannot be read ({error.strerror})"
        else:
            why = f"cannot be used ({error})"
        rest = "is a member as before" if isMember else "is not a member yet: give it an invitation with wand join FILE"
        text = f"{where} {why}; this node runs, and {rest}"
        self._log.error("{text}", text=text)
        self._notes.say(FILE_NOTE, text, isHint=isMember)


def _isWish(line: str) -> bool:
    return line.startswith(WISH)
