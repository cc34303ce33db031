"""
Where we may be, as others are told.
"""

from __future__ import annotations

from typing import Final

from wand.endpoint import Endpoint
from wand.interfaces.participant import Participant

#: How many of those are remembered who told us where they hear us.
OBSERVERS_MAXIMUM: Final = 8


class OwnPlaces:
    """
    Our own endpoints, and where we were heard.
    """

    def __init__(self, participant: Participant) -> None:
        self._participant = participant
        self._observed: dict[bytes, Endpoint] = {}

    def observed(self, endpoint: Endpoint, by: bytes) -> None:
        """
        Somebody tells where it hears us.
        """
        self._observed.pop(by, None)
        if len(self._observed) >= OBSERVERS_MAXIMUM:
            del self._observed[next(iter(self._observed))]
        self._observed[by] = endpoint

    def moved(self) -> None:
        """
        This host has other addresses: we are heard elsewhere.
        """
        self._observed.clear()

    def __call__(self) -> list[tuple[str, str]]:
        """
        All of them.
        """
        heard = dict.fromkeys(str(each) for each in reversed(self._observed.values()))
        local = [each for each in self._participant.endpoints() if each not in heard]
        return [*(("observed", each) for each in heard), *(("host", each) for each in local)]
