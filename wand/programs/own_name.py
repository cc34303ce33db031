"""
A program that decides about members changes its own name, as its configuration says.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from wand.errors import WandError
from wand.health.notes import Notes

#: The key of the note that it cannot be changed.
_NOTE = "own-name"

_log = Logger()


def renamedSoon(opened: Deferred[Any], name: str, wish: str, notes: Notes) -> str:
    """
    Begin to rename this program.

    @param opened: fires with what admits members, see L{wand.programs.server_administration.Admitting}.
    @param name: what it is called.
    @return: what becomes of it, as L{wand.control.program.Program.reload} has it.
    """

    def failed(failure: Failure) -> None:
        failure.trap(WandError)
        text = f"this program is still called {name}, and not {wish}: {failure.getErrorMessage()}"
        _log.error("{text}", text=text)
        notes.say(_NOTE, text)

    async def rename() -> None:
        administration = (await opened).authority.administration
        await administration.rename(administration.own.key, wish)

    notes.clear(_NOTE)
    Deferred.fromCoroutine(rename()).addErrback(failed)
    return f"name: {wish}, and it was {name}"
