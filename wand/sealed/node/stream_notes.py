"""
What an operator is told of the streams to servers.
"""

from __future__ import annotations

from wand.health.notes import Notes


class StreamNotes:
    """
    Says it, one thing for each server.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def slower(self, key: bytes, host: str | None, way: str, *, isShunned: bool) -> None:
        """
        A stream is used.

        @param key: the server's for handshakes.
        @param host: where the server is.
        @param way: where the stream leads.
        @param isShunned: is UDP to the server answered, and does not do?
        """
        trouble = (
            f"what this host sends comes from a new port each time, so that the server at {host} passes nothing on"
            if isShunned
            else f"UDP to the server at {host} is not answered"
        )
        self._notes.say(_noteOf(key), f"{trouble}: a stream is used instead ({way}), which is slower", isHint=True)

    def none(self, key: bytes, trouble: str, *, isShunned: bool) -> None:
        """
        No stream can be opened.

        @param trouble: why.
        """
        what = "passes nothing on of what this host sends from a new port each time" if isShunned else "is not answered"
        text = f"UDP to a server {what}, and no stream can be opened instead ({trouble})"
        self._notes.say(_noteOf(key), f"{text}; both are tried again")

    def clear(self, key: bytes) -> None:
        """
        All is well, or it is none of our servers any more.
        """
        self._notes.clear(_noteOf(key))


def _noteOf(key: bytes) -> str:
    return f"stream-{key.hex()[:8]}"
