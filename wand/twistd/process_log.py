"""
How a program's log is put in the place of the one that C{twistd} or C{python -m twisted} would have.

They make theirs after the program is composed, from what they find in their options; so these are changed while they
are read, and what the configuration says is known in time.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, Final, TextIO

from twisted.logger import ILogObserver, LogLevel

from wand.config import Configuration
from wand.errors import WandError
from wand.logs.levels import Levels
from wand.logs.log import Log
from wand.logs.outputs import Output, isJournal, journalOutput, journalTransport, jsonOutput, textOutput
from wand.logs.standard import takeStandardMessages
from wand.logs.unwaited import unwaited

#: How C{twistd} is told to use L{observer}.
_OBSERVER: Final = f"{__name__}.observer"

#: The form that says that we choose.
AUTO: Final = "auto"


class LogUnavailable(WandError):
    """
    The log cannot be written where it is to be.
    """


class ProcessLog:
    """
    The log of this process, of which there is one.

    @ivar levels: how much each part says.
    @ivar form: what the configuration says; see L{wand.config.keys.Configuration}.
    @ivar program: what it is called in the journal.
    @ivar file: the file that C{twistd} was told to write; empty for standard output.
    """

    def __init__(self) -> None:
        self.levels = Levels()
        self.form = AUTO
        self.program = "wand"
        self.file = ""

    def configure(self, program: str, configuration: Configuration) -> None:
        """
        Take over what the configuration says.
        """
        self.program, self.form = program, configuration.log
        self.levels.take(configuration.logLevels)

    def observer(self, usual: Callable[[TextIO], Output], file: TextIO) -> ILogObserver:
        """
        What takes all messages.

        @param usual: makes the output if nothing else is configured.
        @param file: where lines go.
        """
        from twisted.internet import reactor

        running: Any = reactor
        log = Log(self.levels, self._output(usual, file), running, running)
        running.addSystemEventTrigger("after", "shutdown", log.end)
        return log

    def _output(self, usual: Callable[[TextIO], Output], file: TextIO) -> Output:
        wanted = self.form
        if wanted == AUTO and file is sys.stdout and isJournal(os.environ, 1):
            wanted = "journal"
        if wanted == "journal":
            try:
                return journalOutput(self.program, journalTransport())
            except OSError:
                return textOutput(unwaited(file))
        return {"json": jsonOutput, "text": textOutput}.get(wanted, usual)(unwaited(file))


#: The one of this process.
LOG: Final = ProcessLog()


def observer() -> ILogObserver:
    """
    What C{twistd} calls for its log.
    """
    return LOG.observer(textOutput, _opened(LOG.file))


def attach(parent: MutableMapping[str, Any] | None) -> None:
    """
    Let whoever runs this program use our log, unless the operator chose another observer, or syslog.

    @param parent: the options of C{twistd} or of C{python -m twisted}.
    """
    if parent is None:
        return
    if "fileLogObserverFactory" in parent:
        # Its JSON is for Twisted to read again, ours for people and scripts; see docs/operating/logs.md.
        usual = jsonOutput if parent.get("logFormat") == "json" else textOutput
        parent["fileLogObserverFactory"] = lambda file: LOG.observer(usual, file)
        if parent["logLevel"] is LogLevel.info:  # its default; ours decides
            parent["logLevel"] = LogLevel.debug
        takeStandardMessages()
    elif "logger" in parent and not parent["logger"] and not parent.get("syslog"):
        told = parent.get("logfile") or ("" if parent.get("nodaemon") else "twistd.log")
        LOG.file = "" if told == "-" else told
        parent["logger"] = _OBSERVER
        takeStandardMessages()


def _opened(path: str) -> TextIO:
    if not path:
        return sys.stdout
    from wand.logs.kept_file import KeptFile

    try:
        file: TextIO = KeptFile(path)  # type: ignore[assignment]  # what a log needs of one
    except OSError as error:
        raise LogUnavailable(f"the log {path} cannot be written: {error.strerror}; see --logfile of twistd") from error
    return file
