"""
The invitation that a node finds when it starts: in the file that C{join-file} names, or in its environment.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from twisted.logger import Logger

from wand.config import EtudConfiguration, NodeConfiguration
from wand.errors import WandError
from wand.membership.enrolment import Enrolment
from wand.membership.token import Token
from wand.notes import Notes

#: The environment variable that may hold an invitation.
TOKEN_VARIABLE: Final = "WAND_TOKEN"

#: The keys of the notes about the file: what keeps the node from joining, and what is unwise about the file.
NOTE: Final = "join-file"
OPEN_NOTE: Final = "join-file-open"

#: The most octets of a file that are read.
_MAXIMUM: Final = 8192


class Invited:
    """
    Hands the invitation of a node that is no member over to its enrolment.  One that cannot be used keeps no node from
    running: it says what is wrong, and waits for another.
    """

    _log = Logger()

    def __init__(self, configuration: EtudConfiguration, notes: Notes) -> None:
        self._path = configuration.joinFile if isinstance(configuration, NodeConfiguration) else ""
        self._notes = notes

    def into(self, enrolment: Enrolment) -> None:
        """
        Let the enrolment begin with the invitation, if there is one.
        """
        try:
            text = self._read() if self._path else os.environ.get(TOKEN_VARIABLE)
            if text is not None:
                enrolment.begin(Token.parse(text))
        except (OSError, WandError) as error:
            if enrolment.token is None:  # else it was read at an earlier start, and may have been removed
                self._say(error)

    def _read(self) -> str:
        with Path(self._path).open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if mode & 0o077:
                self._notes.say(
                    OPEN_NOTE,
                    f"the invitation file {self._path} can be read by others, who could join with it: run chmod 600 "
                    f"{self._path}, and remove it once this node is a member",
                )
            return file.read(_MAXIMUM).decode("ascii", "replace")

    def _say(self, error: OSError | WandError) -> None:
        where = f"the invitation file {self._path}" if self._path else f"the invitation in {TOKEN_VARIABLE}"
        if isinstance(error, FileNotFoundError):
            why = "is not there"
        elif isinstance(error, OSError):
            why = f"cannot be read ({error.strerror})"
        else:
            why = f"cannot be used ({error})"
        text = f"{where} {why}; this node runs, and is no member yet: give it an invitation with wand join FILE"
        self._log.error("{text}", text=text)
        self._notes.say(NOTE, text)
