"""
axe-core: finds what keeps people out of a page who do not see it, or use no mouse.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from console_browser import Browser

#: The distribution that packs it, its version, and where it is kept.
DISTRIBUTION: Final = "axe-playwright-python==0.1.8"
SCRIPT: Final = Path("/var/cache/wandaemon-tests/axe-4.12.1.js")

_RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
_RUN: Final = "const done = arguments[1]; axe.run(document, arguments[0]).then((found) => done(found.violations));"


def fetch() -> None:
    """
    Get axe-core if it is not there, which needs the Internet: hosts of a lab have none.
    """
    if SCRIPT.exists():
        return
    with tempfile.TemporaryDirectory() as directory:
        # Without what it depends on: of the distribution we need one file.
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, DISTRIBUTION)
        subprocess.run(pip, check=True)
        (wheel,) = Path(directory).glob("*.whl")
        with zipfile.ZipFile(wheel) as files:
            name = next(each for each in files.namelist() if each.endswith("axe.min.js"))
            SCRIPT.parent.mkdir(parents=True, exist_ok=True)
            SCRIPT.write_bytes(files.read(name))


def violations(browser: Browser) -> list[str]:
    """
    What axe-core finds on the page that is shown, with where it is.
    """
    browser.run(SCRIPT.read_text())
    found = browser.driver.execute_async_script(_RUN, _RULES)
    return [f"{each['id']}: {node['html']} {node['failureSummary']}" for each in found for node in each["nodes"]]
