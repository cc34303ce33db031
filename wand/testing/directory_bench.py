"""
A directory and its node, for tests of directories.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from wand.ethernet import MAC
from wand.interfaces import IDirectory, IDirectoryKind, IWandPlugin, NodeContext
from wand.status import DirectoryStatus
from wand.table import Entry, Peer
from wand.testing import directory_rules as rules
from wand.testing.node_plugins import NodePluginBench


class DirectoryBench(NodePluginBench):
    """
    Opens a directory, and looks at what it puts into the table.

    @ivar patience: seconds within which its entries are in the table.
    @ivar requestsMaximum: how many datagrams it may send in a second, on average, when nothing changes.
    """

    pluginInterface = IDirectoryKind
    openedInterface = IDirectory
    context: NodeContext
    patience: float = 30.0
    requestsMaximum: int = 10

    # What a directory's test supplies.

    def makeDirectory(self) -> IDirectoryKind:
        """
        Make the plugin.
        """
        raise NotImplementedError

    def listed(self) -> Mapping[MAC, Peer]:
        """
        What it lists, by the settings and the servers of the test.
        """
        return {}

    # Tools.

    def makePlugin(self) -> IWandPlugin:
        """
        See L{NodePluginBench}.
        """
        return self.makeDirectory()

    def closeOpened(self, opened: IDirectory) -> None:
        """
        See L{NodePluginBench}.
        """
        opened.stop()

    def exercise(self, opened: IDirectory) -> None:
        """
        See L{NodePluginBench}: let it ask.
        """
        opened.start()
        self.pass_(1)
        opened.status()

    def holdings(self) -> tuple[object, ...]:
        """
        See L{NodePluginBench}.  The timers of the table are its own.
        """
        self.context.table.stop()
        return super().holdings()

    def opened(self) -> IDirectory:
        """
        Open the directory, and stop it at the end.
        """
        directory: IDirectory = self.openWith(self.settings)
        self.addCleanup(directory.stop)
        return directory

    def begun(self) -> IDirectory:
        """
        Open it, start it, and let it ask.
        """
        directory = self.opened()
        directory.start()
        self.pass_(self.patience)
        return directory

    def entries(self) -> list[Entry]:
        """
        All that anybody says in the table.
        """
        table = self.context.table
        return [each for entry in table.page(None, 1000) for each in table.sources(entry.mac)]

    def timers(self) -> int:
        """
        How many timers are running.
        """
        return len(self.clock.getDelayedCalls())

    def statusOf(self, directory: IDirectory, when: str) -> Sequence[DirectoryStatus]:
        """
        Ask for the status, and look at it.

        @param when: in words.
        """
        with self.keeping(rules.STATUS, f"status(), {when},"):
            status = directory.status()
        isStatus = isinstance(status, list | tuple) and all(isinstance(each, DirectoryStatus) for each in status)
        self.expect(isStatus, rules.STATUS, f"{when} it returned {status!r}")
        names = [each.name for each in status]
        self.expect(len(set(names)) == len(names), rules.STATUS, f"{when} it has {', '.join(map(str, names))}")
        for each in status:
            isFilled = (
                isinstance(each.name, str)
                and each.name
                and each.state
                and isinstance(each.entries, int)
                and each.entries >= 0
                and (each.answered is None or each.answered <= self.context.wallClock())
            )
            self.expect(bool(isFilled), rules.STATUS, f"{when} it returned {each!r}")
        return status
