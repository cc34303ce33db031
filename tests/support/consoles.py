"""
Networks whose programs serve consoles, and how somebody browses there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from console_browser import NARROW, WIDE, Browser

from wand.lab import Lab
from wand.lab.deployment import Deployment
from wand.lab.loop import Loop
from wand.lab.topology import Site, topology

#: Where each program serves its console, on its own host.
PLACE: Final = "127.0.0.1:8080"
ADDRESS: Final = f"http://{PLACE}"

#: How readers look at pages: is it dark, and how large is the window?
LOOKS: Final = [(dark, size) for dark in (False, True) for size in (WIDE, NARROW)]

#: Begins to browse at a site: called with the network, the site, and options for C{wand console}; if C{login} is false,
#: nobody is logged in.
Browse = Callable[..., Browser]


def consoleNetwork(lab: Lab, loop: Loop) -> Deployment:
    """
    A server and two members with consoles, a node that waits for an approval, and one that nobody invited.
    """
    network = Deployment(lab, topology(count=4), loop)
    for site in (network.topology.server, *network.topology.nodes):
        file = network.files.configuration(site)
        file.write_text(f'console = "{PLACE}"\n{file.read_text()}')
    network.startAll()
    *members, waiting, _ = network.topology.nodes
    for node in members:
        network.admit(node)
    network.awaitTables(members)
    token = network.invite(waiting, approval=True).read_text()
    network.ask(waiting, lambda node: node.join(token))
    return network


def logIn(browser: Browser, network: Deployment, site: Site, *options: str) -> None:
    """
    Open the link that C{wand console} prints.
    """
    browser.open(network.command(site, "console", *options).strip())
    browser.shows("Overview", "h1")


def press(browser: Browser, key: str) -> None:
    """
    Press a key, wherever the focus is.
    """
    browser.driver.switch_to.active_element.send_keys(key)
