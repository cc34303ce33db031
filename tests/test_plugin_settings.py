"""
Tests for L{wand.plugin_settings}.
"""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from wand.errors import ConfigurationInvalid
from wand.plugin_settings import NoSettings, readSettings


class Example(msgspec.Struct, frozen=True, rename={"firstOne": "first-one"}):
    """
    Settings of an example.
    """

    firstOne: int
    second: str = "none"


class ReadSettingsTests(SynchronousTestCase):
    """
    What an operator wrote, and what is said about it.
    """

    def refusal(self, settings: dict[str, object], known: type[msgspec.Struct] = Example) -> str:
        return str(self.assertRaises(ConfigurationInvalid, readSettings, settings, known))

    def test_good(self) -> None:
        """
        Good settings get their types, and their defaults.
        """
        self.assertEqual(Example(firstOne=1), readSettings({"first-one": 1}, Example))

    def test_unknownKey(self) -> None:
        """
        For a key that is almost right the right one is shown, for any other all that there are.
        """
        self.assertEqual(
            "driver-settings: first-on: there is no such setting; did you mean first-one?",
            self.refusal({"first-on": 1}),
        )
        self.assertEqual(
            "driver-settings: zzz: there is no such setting; there are first-one, second", self.refusal({"zzz": 1})
        )
        self.assertEqual("driver-settings: zzz: there are no settings", self.refusal({"zzz": 1}, NoSettings))

    def test_wrongType(self) -> None:
        """
        A value of the wrong type is refused under its key.
        """
        self.assertEqual(
            "driver-settings: first-one: expected a whole number, not a text in quotes",
            self.refusal({"first-one": "1"}),
        )

    def test_missing(self) -> None:
        """
        A setting that must be there is named when it is not.
        """
        self.assertEqual("driver-settings: first-one: it has to be set", self.refusal({}))
