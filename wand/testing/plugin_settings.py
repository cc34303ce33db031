"""
A part of the contract of every plugin: its settings.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

import msgspec

from wand.discovery.settings import settingsOf
from wand.errors import ConfigurationInvalid, WandError
from wand.testing import plugin_rules as rules
from wand.testing.plugin_bench import PluginBench

#: What an operator may write where something else is meant, one of each type of a configuration file.
_WRONG: Final = (["", {}], {"a": ["b"]}, -1.5, "\0", True)


class PluginSettings(PluginBench):
    """
    What becomes of settings, right ones and wrong ones.
    """

    def test_unknownSettingsAreRefused(self) -> None:
        """
        A setting that it does not know is an error that names it, and nothing is left behind.
        """
        before = self.holdings()
        try:
            opened = self.openWith({**self.settings, "no-such-setting": 1})
        except ConfigurationInvalid as error:
            self.expect(error.key == "no-such-setting", rules.SETTINGS, f"the error names {error.key!r}: {error}")
        except Exception as error:
            self.fail(rules.SETTINGS.broken(f"open() raised {type(error).__name__}: {error}"))
        else:
            self.shut(opened)
            self.fail(rules.SETTINGS.broken("it was opened with the setting no-such-setting"))
        self.expect(before == self.holdings(), rules.NOTHING_LEFT, f"before {before}, after {self.holdings()}")

    def test_settingsAreLeftAsTheyAre(self) -> None:
        """
        It does not change the settings that it is given.
        """
        settings: Any = deepcopy(dict(self.settings))
        with self.keeping(rules.SETTINGS_KEPT, "open() with a copy of its settings"):
            self.shut(self.openWith(settings))
        self.expect(settings == dict(self.settings), rules.SETTINGS_KEPT, f"they are {settings} now")

    def test_settingsOfAWrongTypeAreRefused(self) -> None:
        """
        A value of another type than a setting has is an error that names it.
        """
        before, known = self.holdings(), settingsOf(self.plugin)
        fields = {each.encode_name: each.type for each in msgspec.structs.fields(known)} if known else {}
        for key in {**fields, **self.settings}:
            values = [each for each in _WRONG if key not in fields or not _fits(each, fields[key])][:1]
            for value in values:
                self._refuses(key, value, isKnown=key in fields)
        self.expect(before == self.holdings(), rules.NOTHING_LEFT, f"before {before}, after {self.holdings()}")

    def _refuses(self, key: str, value: object, *, isKnown: bool) -> None:
        try:
            opened = self.openWith({**self.settings, key: value})
        except ConfigurationInvalid as error:
            isNamed = error.key.partition(".")[0] == key or not isKnown
            self.expect(isNamed, rules.SETTING_TYPES, f"for {key} = {value!r} the error names {error.key!r}")
        except WandError as error:
            self.expect(not isKnown, rules.SETTING_TYPES, f"for {key} = {value!r} it raised {error!r}")
        except Exception as error:
            self.fail(rules.SETTING_TYPES.broken(f"for {key} = {value!r} it raised {type(error).__name__}: {error}"))
        else:
            self.shut(opened)
            self.expect(not isKnown, rules.SETTING_TYPES, f"it was opened with {key} = {value!r}")

    def test_settingsAreThoseThatItShows(self) -> None:
        """
        The settings that C{wand plugins NAME} shows are those that it reads.
        """
        known = settingsOf(self.plugin)
        if known is None:
            return
        names = [each.encode_name for each in msgspec.structs.fields(known)]
        hidden = [key for key in self.settings if key not in names]
        self.expect(not hidden, rules.SETTINGS_SHOWN, f"it shows {names}, and the test opens it with {hidden}")


def _fits(value: object, known: Any) -> bool:
    try:
        msgspec.convert(value, known)
    except msgspec.ValidationError:
        return False
    return True
