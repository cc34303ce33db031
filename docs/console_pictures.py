"""
The pictures of the console in the documentation: C{python docs/console_pictures.py}, as root, makes a network on this
machine and writes docs/images/console-*.png, or only those that are named.  It needs Chromium and ImageMagick.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from twisted.internet.epollreactor import EPollReactor

HERE: Final = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

from console_browser import NARROW, WIDE, Browser  # noqa: E402
from consoles import ADDRESS, PLACE, logIn  # noqa: E402
from pictured_network import NAMES, form  # noqa: E402

from wand.lab import Lab  # noqa: E402
from wand.lab.deployment import Deployment  # noqa: E402
from wand.lab.loop import Loop  # noqa: E402
from wand.lab.topology import topology  # noqa: E402

#: Seconds in which the lines of the figures fill.
MEANWHILE: Final = 60.0

#: Each picture: where it is taken, of which page, what it has to show, and whether it is dark and narrow.
PICTURES: Final = {
    "overview-light": ("berlin", "", "zagreb", False, False),
    "overview-dark": ("berlin", "", "zagreb", True, False),
    "members-light": ("server", "members", "zagreb", False, False),
    "reach-dark": ("berlin", "reach?peer=vienna", "What was tried", True, False),
    "events-light": ("server", "events", "madrid", False, False),
    "narrow-light": ("server", "members", "zagreb", False, True),
    "narrow-dark": ("berlin", "", "zagreb", True, True),
}


def take(network: Deployment, browsers: dict[str, Browser], name: str) -> None:
    """
    Take a picture.
    """
    where, page, shown, dark, narrow = PICTURES[name]
    browser = browsers[where]
    browser.look(dark=dark, size=NARROW if narrow else WIDE)
    current = browser.driver.current_url.removeprefix(f"{ADDRESS}/")
    if current != page:  # an overview that stays has longer lines
        browser.open(f"{ADDRESS}/{page}")
    if page == "events":
        _happen(network, browser)
    browser.shows(shown)
    if page == "events":
        browser.shows("member-offline")
    time.sleep(2.0)
    file = HERE / "images" / f"console-{name}.png"
    browser.picture(file)
    # Few colours are enough, and make a file of a third.
    subprocess.run(["convert", str(file), "+dither", "-colors", "192", "-strip", f"PNG8:{file}"], check=True)


def _happen(network: Deployment, browser: Browser) -> None:
    browser.shows("Nothing has happened")
    time.sleep(1.0)
    waiting, server = network.topology.nodes[-1], network.topology.server
    network.command(server, "approve", waiting.name)
    network.command(server, "rename", waiting.name, "madrid")
    network.programs[network.topology.nodes[3].name].stop()


def main() -> None:
    """
    Make the network and take the pictures.
    """
    with Loop(EPollReactor()) as loop, Lab() as lab:
        network = Deployment(lab, topology(count=len(NAMES) + 1), loop)
        form(network, f'console = "{PLACE}"')
        sites = {"berlin": network.topology.nodes[0], "server": network.topology.server}
        browsers = {name: Browser(network.hosts[site.name]) for name, site in sites.items()}
        try:
            for name, site in sites.items():
                logIn(browsers[name], network, site)
            chosen = sys.argv[1:] or PICTURES
            time.sleep(0 if chosen == ["events-light"] else MEANWHILE)
            for name in sorted(chosen, key=lambda each: "events" in each):  # where the network changes come last
                take(network, browsers, name)
        finally:
            for browser in browsers.values():
                browser.close()


if __name__ == "__main__":
    main()
