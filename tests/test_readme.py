"""
What the README promises about code is so; its commands are run by the continuous integration.
"""

from __future__ import annotations

import re
import socket
from pathlib import Path
from random import Random
from typing import Any

import pytest
from twisted.internet.task import Clock
from zope.interface.verify import verifyObject

from wand.errors import TapUnavailable
from wand.ethernet import MAC
from wand.interfaces import Context, ITap, ITapDriver, TapRequest
from wand.testing.context import simulatedContext
from wand.testing.network import Network

_README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
def driver() -> Any:
    """
    The driver of the README.
    """
    (code,) = re.findall(r"```python\n(.*?)```", _README.read_text(), re.DOTALL)
    namespace: dict[str, Any] = {}
    exec(code, namespace)
    return namespace["unixport"]


@pytest.fixture
def context() -> Context:
    """
    What a driver works with.
    """
    clock = Clock()
    return simulatedContext(clock, Network(clock, Random(0)), "192.0.2.1")


def test_driverHandsFramesOver(driver: Any, context: Context, tmp_path: Path) -> None:
    """
    The driver of the README provides the interface, and its frames arrive at the program that listens.
    """
    verifyObject(ITapDriver, driver)
    path = str(tmp_path / "port.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(path)
        listener.listen()
        tap = driver.open(_request(path), context)
        verifyObject(ITap, tap)
        with listener.accept()[0] as program:
            assert tap.write(bytes(60))
            assert program.recv(2000) == bytes(60)
        tap.close()


def test_driverSaysThatNobodyListens(driver: Any, context: Context, tmp_path: Path) -> None:
    """
    Without a program to talk to, the driver of the README fails as a driver has to.
    """
    with pytest.raises(TapUnavailable, match="nobody to talk to"):
        driver.open(_request(str(tmp_path / "port.sock")), context)


def _request(path: str) -> TapRequest:
    return TapRequest("wan0", MAC.parse("02:00:00:00:00:01"), 1280, settings={"path": path})
