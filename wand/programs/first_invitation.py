"""
The first invitation of a network that was just created: in a file, and before the operator's eyes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from twisted.logger import Logger

from wand.errors import StateUnavailable
from wand.health.notes import Notes
from wand.sealed.authority.authority import Authority
from wand.state import StateDirectory

#: The file in the state directory.
FIRST_INVITATION: Final = "first-invitation"

#: How many nodes join with it: two, which is what it takes to see a network work.
FIRST_USES: Final = 2

_log = Logger()


async def inviteFirst(
    authority: Authority, endpoints: Sequence[str], state: StateDirectory, notes: Notes, show: Callable[[str], object]
) -> None:
    """
    Make the invitation.

    @param endpoints: where nodes reach this server.
    @param show: called with it and what to do with it.
    """
    administration = authority.administration
    token = await administration.invite(endpoints, FIRST_USES)
    name, path = administration.status.name, state.path / FIRST_INVITATION
    try:
        state.write(FIRST_INVITATION, f"{token.text}\n".encode())
    except StateUnavailable as error:
        notes.say("first-invitation", f"{error}; make an invitation with wand invite")
    else:
        _log.info(
            "the network {name} is created; the invitation of its first {uses} nodes is in {path}",
            name=name,
            uses=FIRST_USES,
            path=str(path),
        )
    show(
        f'The network "{name}" is created.  Its first {FIRST_USES} nodes join with this invitation, within a day\n'
        f"(it is also in {path}; wand invite makes more):\n\n{token.text}\n"
    )
