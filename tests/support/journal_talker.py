"""
What a node in a booted Debian says to its journal, and a plugin that says much there.
"""

from __future__ import annotations

import json

from booted_root import BootedRoot
from realm import Realm

from wand.lab import wait

#: What makes the journal, in the order in which it is stopped.
JOURNAL = ("systemd-journald-dev-log.socket", "systemd-journald.socket", "systemd-journald.service")

#: A hook that says much.
TALKER = """
import os
from twisted.logger import Logger
from twisted.plugin import IPlugin
from zope.interface import implementer
from wand.interfaces import IHook, IHookListener


@implementer(IHook, IHookListener, IPlugin)
class Talker:
    name, about = "talker", "says much"
    _log = Logger()

    def unusable(self):
        return None

    def open(self, settings, context):
        return self

    def told(self, event):
        if event.kind != "joined":
            return
        self._log.warn("much", what="long", **{f"d{number}": "x" * 16_000 for number in range(30)})
        strange = {"lines": "two\\nlines", "name": os.fsdecode(b"caf\\xe9"), "octets": b"\\xff\\x00"}
        self._log.info("{lines} {name} {octets}", what="strange", **strange)
        try:
            raise ValueError("inside")
        except ValueError:
            self._log.failure("it failed")

    def admit(self, candidate):
        return True

    def close(self):
        pass


talker = Talker()
"""


def journal(debian: BootedRoot, *matches: str) -> list[dict[str, str]]:
    """
    The messages that have certain values in the journal.
    """
    lines = debian.run("journalctl", "--output=json", "--all", *matches).splitlines()
    return [json.loads(line) for line in lines if line.startswith("{")]


def say(realm: Realm, debian: BootedRoot, name: str, before: str = "bob") -> None:
    """
    Make the node say something, and find it in the journal.
    """
    realm["server"].wand("rename", before, name)
    wait(lambda: [each for each in journal(debian, "WAND_EVENT=renewed") if name in each["MESSAGE"]], 30, name)
    realm["server"].wand("rename", name, "bob")
