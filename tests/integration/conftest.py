"""
What the end-to-end tests share: labs, and networks of real C{twistd} processes in them.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from axe import fetch
from console_browser import Browser
from consoles import Browse, logIn
from debian_builds import buildPrograms
from previous_release import COMMIT, install, source
from probing import Probing
from turns import Turns
from twisted.internet.epollreactor import EPollReactor

from wand.lab import Host, Lab, unusable
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Node, Site, topology

#: The files that take longest, a minute and more: were one begun late, all would wait for it in the end.
LONGEST: Final = (
    *("test_debian_package", "test_vxlan", "test_streams", "test_deputies", "test_full_disks", "test_examples"),
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """
    A file is run by one process, as a whole.  So where several processes run tests the longest come first, and files
    with tests that run alone last, when the others seldom have to wait for them.
    """
    alone = {item.path for item in items if item.get_closest_marker("alone") is not None}
    items.sort(key=lambda item: (item.path in alone, item.path.stem not in LONGEST))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """
    Where several processes run tests, those that measure time or loss (the mark C{alone}) run beside nothing else.
    """
    turns = Turns(Path(__file__))
    with turns.take(alone=item.get_closest_marker("alone") is not None):
        yield
    turns.close()


@pytest.fixture(scope="session", autouse=True)
def labsWork() -> None:
    """
    Fail where there can be no labs: these tests are never skipped.
    """
    reason = unusable()
    if reason is not None:
        pytest.fail(f"the end-to-end tests need root and a Linux that has everything: {reason}", pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def canBeInterrupted() -> None:
    """
    Let what the tests start hear Ctrl-C, even if a shell started the tests in the background, where it is ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """
    A lab of this module's own.
    """
    with Lab() as opened:
        yield opened


@pytest.fixture
def host() -> Iterator[Host]:
    """
    A host that is alone.
    """
    with Lab() as lab:
        yield lab.host("alone", "10.99.0.1/24")


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    """
    A reactor in a thread, for control sockets: the tests themselves run in the reactor of pytest-twisted.
    """
    with Loop(EPollReactor()) as running:
        yield running


@pytest.fixture(scope="session")
def previous() -> Iterator[Path]:
    """
    The commands of the release before this one.
    """
    packed = source()
    if packed is None:
        pytest.skip(f"this clone does not have {COMMIT[:8]}, the release before this one: git fetch --unshallow")
    with TemporaryDirectory() as folder:
        yield install(Path(folder), packed)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """
    What is in C{/opt/wand}, in the package and in the image of the container: built once for both.
    """
    folder = tmp_path_factory.getbasetemp()
    return buildPrograms(folder if worker_id == "master" else folder.parent)  # as pytest-xdist has it


@pytest.fixture(scope="module")
def formed(lab: Lab, loop: Loop) -> Deployment:
    """
    A server and two nodes of REL2 that know each other.
    """
    network = Deployment(lab, topology(count=2, protocol="rel2"), loop)
    network.startAll()
    network.awaitTables()
    return network


@pytest.fixture
def makeNetwork(loop: Loop) -> Iterator[Callable[..., Deployment]]:
    """
    Makes networks, each in a lab of its own, with nothing started.  The arguments are those of L{topology}.
    """
    with ExitStack() as stack:
        yield lambda **what: Deployment(stack.enter_context(Lab()), topology(**what), loop)


@pytest.fixture
def makeSealed(makeNetwork: Callable[..., Deployment]) -> Callable[..., Deployment]:
    """
    Makes sealed networks: a server and C{count} nodes that run, the first C{joined} of them members with full tables.
    C{change} is a replacement in the configuration of every program; other arguments are those of L{topology}.
    """

    def make(count: int, joined: int | None = None, change: tuple[str, str] = ("", ""), **what: str) -> Deployment:
        network = makeNetwork(count=count, **what)
        for site in (network.topology.server, *network.topology.nodes):
            file = network.files.configuration(site)
            file.write_text(file.read_text().replace(*change))
        network.startAll()
        members = network.topology.nodes[:joined]
        for node in members:
            network.admit(node)
        network.awaitTables(members)
        return network

    return make


@pytest.fixture
def probing() -> Iterator[Callable[..., Probing]]:
    """
    Begins to send echo requests: called with a network, a node and others.
    """
    with ExitStack() as stack:

        def begin(network: Deployment, source: Node, *targets: Node) -> Probing:
            started = Probing(network, source, *targets)
            stack.callback(started.stop)
            return started

        yield begin


@pytest.fixture(scope="session")
def axe() -> None:
    """
    What finds faults of pages is fetched before a test needs it on a host, which has no Internet.
    """
    fetch()


@pytest.fixture
def browse(axe: None) -> Iterator[Browse]:
    """
    Begins to browse the console of a site.
    """
    with ExitStack() as stack:

        def begin(network: Deployment, site: Site, *options: str, login: bool = True) -> Browser:
            browser = Browser(network.hosts[site.name])
            stack.callback(browser.close)
            if login:
                logIn(browser, network, site, *options)
            return browser

        yield begin
