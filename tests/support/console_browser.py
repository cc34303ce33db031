"""
A real browser on a host of a lab, for the pages of the console: Debian's Chromium, without a screen.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import get_ident
from typing import Any, Final, TypeVar

from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from wand.lab import Host, wait

#: Seconds for a page to show something.
PATIENCE: Final = 20.0

#: The sizes of windows that pages are looked at in: that of a desk, and the narrowest telephone.
WIDE: Final = (1280, 860)
NARROW: Final = (360, 780)

#: A name that its owner points at this host.
STRANGER: Final = "stranger.example"

_ARGUMENTS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    f"--host-resolver-rules=MAP {STRANGER} 127.0.0.1",
)
_CLONE_NEWNET: Final = 0x40000000  # setns(2)

T = TypeVar("T")


class _Standing:
    """
    Runs calls in the network of a host, in a thread of its own: were it ours, this process would count as one of the
    host's, and end with it.
    """

    def __init__(self, host: Host | None) -> None:
        """
        @param host: C{None} for the network in which we are.
        """
        enter: tuple[Any, ...] = (None, ()) if host is None else (_enter, (host.namespace,))
        self._thread = ThreadPoolExecutor(1, "browser", *enter)
        self._number = self._thread.submit(get_ident).result()

    def do(self, call: Callable[..., T], *arguments: Any) -> T:
        """
        Call something, and wait for its result.
        """
        if get_ident() == self._number:
            return call(*arguments)
        return self._thread.submit(call, *arguments).result()

    def end(self) -> None:
        """
        End the thread.
        """
        self._thread.shutdown()


def _enter(namespace: str) -> None:
    library = ctypes.CDLL(None, use_errno=True)  # os has setns from Python 3.12 on
    with Path("/run/netns", namespace).open() as there:
        if library.setns(there.fileno(), _CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class _Driver(Chrome):
    """
    A driver of a browser on a host.
    """

    def __init__(self, standing: _Standing, options: ChromeOptions) -> None:
        self._standing = standing
        standing.do(partial(super().__init__, options=options, service=Service("/usr/bin/chromedriver")))

    def execute(self, *arguments: Any, **named: Any) -> Any:
        return self._standing.do(partial(super().execute, *arguments, **named))

    def quit(self) -> None:
        self._standing.do(super().quit)


class Browser:
    """
    A browser, on a host of a lab or on this one.

    @ivar driver: does what is not here.
    """

    def __init__(self, host: Host | None = None) -> None:
        options = ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in _ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self._standing = _Standing(host)
        self.driver = _Driver(self._standing, options)
        self.look()

    def look(self, *, dark: bool = False, size: tuple[int, int] = WIDE, still: bool = False) -> None:
        """
        Choose what the reader prefers.

        @param size: of the window, in pixels of CSS.
        @param still: do they want nothing to move?
        """
        width, height = size
        self._tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        preferences = {
            "prefers-color-scheme": "dark" if dark else "light",
            "prefers-reduced-motion": "reduce" if still else "no-preference",
        }
        features = [{"name": name, "value": value} for name, value in preferences.items()]
        self._tell("Emulation.setEmulatedMedia", features=features)

    def _tell(self, command: str, **arguments: object) -> Any:
        return self.driver.execute_cdp_cmd(command, arguments)

    def open(self, address: str) -> None:
        """
        Go to a page.
        """
        self.driver.get(address)

    def run(self, script: str, *arguments: object) -> Any:
        """
        Run a script in the page; its C{return} is returned.
        """
        return self.driver.execute_script(script, *arguments)

    def find(self, selector: str) -> WebElement:
        """
        The first element that a selector of CSS finds, once it is there and shown.
        """

        def found() -> WebElement | None:
            try:
                element = self.driver.find_element(By.CSS_SELECTOR, selector)
                return element if element.is_displayed() else None
            except (NoSuchElementException, StaleElementReferenceException):
                return None

        return self.soon(found, f"{selector} on {self.driver.current_url}")

    def click(self, selector: str) -> None:
        """
        Click on an element, even if the page is just being renewed.
        """

        def clicked() -> bool:
            try:
                self.find(selector).click()
            except StaleElementReferenceException:
                return False
            return True

        self.soon(clicked, f"a click on {selector}")

    def text(self, selector: str = "body") -> str:
        """
        The text of an element, as it is shown; empty if it is not there.
        """
        found = self.run("return document.querySelector(arguments[0])?.innerText ?? ''", selector)
        return str(found)

    def shows(self, text: str, selector: str = "body") -> None:
        """
        Wait until an element shows a text.
        """
        self.soon(lambda: text in self.text(selector), f"{text!r} in {selector}")

    def soon(self, condition: Callable[[], T | None], what: str) -> T:
        """
        Wait until something is so.

        @raise AssertionError: if it does not become so; it says what the page shows, and what its scripts complain of.
        """
        try:
            return wait(condition, PATIENCE, what)
        except Exception as error:
            raise AssertionError(f"{error}; the page: {self.text()!r}; complaints: {self.complaints()}") from error

    def complaints(self) -> list[str]:
        """
        What the browser complained of since the last call, such as scripts that failed.
        """
        return [each["message"] for each in self.driver.get_log("browser") if each["level"] in ("SEVERE", "WARNING")]

    def picture(self, file: Path) -> None:
        """
        Take a picture of the window.
        """
        self.driver.save_screenshot(str(file))

    def close(self) -> None:
        """
        End the browser.
        """
        with suppress(Exception):  # its host may be gone, and with it the browser
            self.driver.quit()
        self._standing.end()
