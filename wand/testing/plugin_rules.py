"""
The rules that every plugin keeps.
"""

from __future__ import annotations

from typing import Final

from wand.testing.contract import Rule

NAME: Final = Rule(
    "IWandPlugin.name",
    "the name is one word",
    "a configuration asks for the plugin by it, in lists and as a key",
)
ABOUT: Final = Rule(
    "IWandPlugin.about",
    "it is one line that says what the plugin is",
    "people choose by it in a list with one line for each plugin",
)
UNUSABLE: Final = Rule(
    "IWandPlugin.unusable",
    "it returns None or a sentence, never raises, and changes nothing",
    "it is asked of every plugin that is installed, used or not, to list them",
)
UNUSABLE_QUICK: Final = Rule(
    "IWandPlugin.unusable", "it is quick", "it is asked of every plugin that is installed, one after the other"
)
USABLE: Final = Rule(
    "the contract",
    "it is run where the plugin can be used",
    "what cannot be opened cannot be tested",
)
OPENED: Final = Rule(
    "open",
    "it returns what its interface promises, at once",
    "a Deferred or a coroutine has none of the methods that are called next; what takes long is done after the start",
)
OPENS_QUICKLY: Final = Rule(
    "open",
    "it takes no long time",
    "the whole program waits for it, and whoever supervises the program may give up",
)
OPENS_AGAIN: Final = Rule(
    "open",
    "what was closed can be opened again",
    "the plugin is one object for the life of the program, which may be reconfigured, and has several nodes in tests",
)
SETTINGS: Final = Rule(
    "open",
    "a setting that is not known is a ConfigurationInvalid whose key is its name",
    "a key that is spelt wrong and passed over leaves the operator with a setting that does nothing "
    "(wand.plugin_settings.readSettings does this)",
)
SETTINGS_KEPT: Final = Rule(
    "open",
    "the settings are not changed, and need not be the same object each time",
    "they are the operator's configuration, which is read again",
)
NOTHING_LEFT: Final = Rule(
    "open",
    "when it fails nothing is left behind: no descriptor, timer, reader, interface or file",
    "nobody has anything to close then, and the operator tries again",
)
NO_REACTOR: Final = Rule(
    "everything that is opened",
    "nothing imports the reactor; the clock and the descriptors come in the Context",
    "with the reactor of the process it cannot be tested in simulated time, and an import installs a reactor before "
    "twistd can choose one",
)
ELAPSED: Final = Rule(
    "everything that is opened",
    "what elapses is measured by context.clock; context.wallClock is for people and for certificates",
    "the clock of a host is set, by hours, after the program has started: what waits for a time that it has passed "
    "waits for hours more",
)
SAYS_LITTLE: Final = Rule(
    "everything that is opened",
    "nothing is logged or published for each frame or each datagram of a stranger's: they are counted "
    "(context.counters), or logged at debug",
    "there are thousands in a second, and anybody can send them: what else the log has to say is lost among them",
)
NO_OTHER_CLOCK: Final = Rule(
    "everything that is opened",
    "what is done later is done by context.clock, and in threads by context.deferToThread",
    "what the reactor of the process calls goes on in no test, and in one that fakes the time at the wrong one "
    "(a LoopingCall has to be given its clock; twisted.internet.threads knows no other reactor)",
)
USED_LEAVES_NOTHING: Final = Rule(
    "close, stop",
    "what was used and closed holds nothing more: no descriptor, timer, reader or port",
    "a program that runs for months and is configured anew now and then runs out of them",
)
SETTING_TYPES: Final = Rule(
    "open",
    "a value of a wrong type is a ConfigurationInvalid whose key is the name of the setting",
    "the operator sees a traceback instead, or the mistake only when the value is used "
    "(wand.plugin_settings.readSettings does this)",
)
SETTINGS_SHOWN: Final = Rule(
    "plugin.settings",
    "the struct of the settings has each of them",
    "it is what wand plugins NAME shows, and what an operator looks up",
)
CODE_KEPT: Final = Rule(
    "every plugin",
    "functions and methods of others are not replaced",
    "all plugins and the program itself call them; what the next version of them does nobody has tried with this",
)
PRINTS_NOTHING: Final = Rule(
    "every plugin",
    "it prints nothing; it logs with twisted.logger and says what needs a person in context.notes",
    "what it prints is mixed into the output of commands, such as JSON",
)
CLOSES: Final = Rule(
    "close, stop",
    "what was opened can be closed, also if it was never started",
    "if something else cannot be opened, all that was opened before is closed, and the start ends",
)
PROCESS_KEPT: Final = Rule(
    "every plugin",
    "the process is left as it is: its directory, environment, umask, signal handlers, locale, logging and the like",
    "they belong to the program and to all its plugins; twistd sets some of them itself",
)
WAITS_FOR_NOTHING: Final = Rule(
    "every plugin",
    "at work it calls nothing in the thread of the reactor that may wait; context.deferToThread and a worker "
    "(context.makeWorker) do that elsewhere",
    "a disk that is busy takes seconds for an fsync, a name server that is gone for an answer, and no frame passes "
    "meanwhile",
)
OWN_THREAD: Final = Rule(
    "every plugin",
    "a thread of its own fires no Deferred, and touches no table, events, notes or timers; context.deferToThread "
    "comes back into the thread of the reactor with what it found",
    "what happens then runs beside everything else, which nothing of that is made for: it fails once in a month",
)
LEAVES_NOBODY: Final = Rule(
    "close, stop",
    "no thread and no child process is left",
    "a thread keeps the program from ending, and a child the device or the port that it inherited",
)
NOT_INHERITED: Final = Rule(
    "open",
    "descriptors are close-on-exec",
    "hooks and other programs that are started would hold the device, which then cannot be freed "
    "(os.set_inheritable, O_CLOEXEC)",
)
