"""
The container's image, run by an engine.  It is built from the last part of the Containerfile; what the first part
does in another image of Debian, C{python -m deb root}, is done here, with the programs that are in the package, too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from sysconfig import get_paths

import pytest
from container_engine import ContainerEngine
from debian_builds import PROJECT, build

from wand.lab import CommandFailed, Host, Lab, wait
from wand.lab.asking import statusAt

IMAGE = "localhost/wandaemon"

#: Bytes that the image may have.
LARGEST = 100_000_000

#: CAP_NET_ADMIN, see capabilities(7), and none.
NET_ADMIN, NOTHING = f"{1 << 12:016x}", f"{0:016x}"

CONFINED = ("--cap-drop=all", "--read-only")
TWISTD = '--entrypoint=["/opt/wand/bin/twistd", "-n", "--pidfile="]'
SERVER = ("--security-opt=no-new-privileges", "--volume=server:/var/lib/wand", TWISTD, IMAGE, "wand-server")
NODE = ("--cap-add=NET_ADMIN", "--device=/dev/net/tun")

#: Prints the files of all modules that ours import.
IMPORTING = """
import importlib, pkgutil, sys, wand
for each in pkgutil.walk_packages(wand.__path__, "wand."):
    importlib.import_module(each.name)
print(*(each.__file__ for each in list(sys.modules.values()) if getattr(each, "__file__", None)), sep="\\n")
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Iterator[Path]:
    """
    The files of the image.
    """
    made = tmp_path_factory.mktemp("image") / "root"
    build("root", str(made), "--programs", str(programs))
    yield made
    rmtree(made)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, root: Path) -> Iterator[ContainerEngine]:
    """
    An engine with the image.
    """
    folder = tmp_path_factory.mktemp("engine")
    made = ContainerEngine(folder)
    _, _, last = (PROJECT / "Containerfile").read_text().rpartition("\nFROM ")
    try:
        made.build(IMAGE, f"FROM {last}".replace("--from=build /image", "."), root)
        yield made
    finally:
        made.remove()
        rmtree(folder)


def test_noMoreThanItNeeds(root: Path, engine: ContainerEngine) -> None:
    """
    The image has what all modules import, and in it is neither a shell nor what installs or compiles.  It is small, and
    says which packages of Debian its files are from.
    """
    assert (
        imported() - {str(path.relative_to(parent)) for parent in libraries(root) for path in parent.rglob("*.py")}
        == set()
    )
    assert {path.name for path in root.glob("usr/*bin/*")} == {"ip", "python3", "python3.11", "wand"}
    assert {path.name for path in root.glob("opt/wand/bin/*")} >= {"twistd", "wand", "with-interface"}
    assert not [*root.glob("**/pip"), *root.glob("**/*.a"), *root.glob("opt/wand/**/tests")]
    assert int(engine.run("image", "inspect", "--format={{.Size}}", IMAGE)) < LARGEST
    assert {"iproute2", "libc6", "libssl3"} < {path.name for path in root.glob("var/lib/dpkg/status.d/*")}


def test_aNetworkOfContainers(lab: Lab, engine: ContainerEngine, capsys: pytest.CaptureFixture[str]) -> None:
    """
    A server without any capability lets in two nodes that have CAP_NET_ADMIN alone; nothing runs as root, or may write
    but in its volumes, and no invitation is in a list of arguments.  They ping each other.  A program that stands
    still, or whose control socket is gone, is unhealthy, and healthy when it goes on; and each ends in good order.
    """
    hosts = {
        name: lab.host(name, f"198.51.100.{number}/24") for number, name in enumerate(("server", "alice", "bob"), 1)
    }
    engine.start("server", hosts["server"], *CONFINED, *SERVER, "--public=198.51.100.1:44444")
    wait(engine.control("server", "server").exists, 30, "the server")
    join(engine, "alice", hosts["alice"])
    began = time.monotonic()
    join(engine, "bob", hosts["bob"])
    address = statusAt(engine.control("bob", "node"))["own"]["addresses"][0].partition("/")[0]
    hosts["alice"].run("ping", "-c", "1", "-w", "20", address)
    with capsys.disabled():
        print(f"\n{time.monotonic() - began:.1f} s from the start of a container to a ping")

    for name, capabilities in (("server", NOTHING), ("alice", NET_ADMIN)):
        process = engine.process(name)
        assert process["Uid"].split() == process["Gid"].split() == ["900"] * 4
        assert (process["CapBnd"], process["CapEff"], process["NoNewPrivs"]) == (capabilities, capabilities, "1")
        assert "wand1." not in process["Command"]
        wait(lambda name=name: engine.succeeds("healthcheck", "run", name), 30, f"a healthy {name}")  # type: ignore[misc]
        assert not engine.succeeds("exec", name, "/bin/sh", "-c", "true")

    engine.run("kill", "--signal=STOP", "alice")
    still = subprocess.Popen([*engine.command, "healthcheck", "run", "alice"], stdout=subprocess.PIPE)
    engine.control("bob", "node").unlink()
    assert not engine.succeeds("healthcheck", "run", "bob")
    ends(engine, "bob")
    engine.run("start", "bob")
    wait(lambda: isMember(engine, "bob"), 30, "bob, again")
    wait(lambda: engine.succeeds("healthcheck", "run", "bob"), 30, "a healthy bob, again")
    assert still.wait(30) != 0
    engine.run("kill", "--signal=CONT", "alice")
    wait(lambda: engine.succeeds("healthcheck", "run", "alice"), 30, "alice, again")
    for name in ("alice", "server"):
        ends(engine, name)


def libraries(root: Path) -> list[Path]:
    return [*root.glob("usr/lib/python3.*"), *root.glob("opt/wand/lib/python3.*/site-packages")]


def imported() -> set[str]:
    """
    What our modules import of Python's library and of Twisted, of which the image has a part.
    """
    done = subprocess.run([sys.executable, "-c", IMPORTING], capture_output=True, text=True, timeout=60, check=True)
    of = {name: Path(get_paths()[name]) for name in ("purelib", "stdlib")}
    files = [Path(line) for line in done.stdout.splitlines() if line.endswith(".py")]
    twisted = [each.relative_to(of["purelib"]) for each in files if each.is_relative_to(of["purelib"] / "twisted")]
    library = [each.relative_to(of["stdlib"]) for each in files if each.is_relative_to(of["stdlib"])]
    return {str(each) for each in (*twisted, *library) if each.parts[0] != "site-packages"}


def join(engine: ContainerEngine, name: str, host: Host) -> None:
    engine.run("secret", "create", name, "-", sent=engine.run("exec", "server", "wand", "invite"))
    secret = f"--secret={name},target=/etc/wand/invitation,uid=900,mode=0400"
    program = ("wand-node", "--join-file=/etc/wand/invitation", f"--name={name}")
    engine.start(name, host, *CONFINED, *NODE, secret, f"--volume={name}:/var/lib/wand", IMAGE, *program)
    wait(lambda: isMember(engine, name), 30, f"the membership of {name}")


def ends(engine: ContainerEngine, name: str) -> None:
    engine.run("stop", "--time=10", name)
    assert engine.run("inspect", "--format={{.State.ExitCode}}", name).strip() == "0"


def isMember(engine: ContainerEngine, name: str) -> bool:
    control = engine.control(name, "node")
    try:
        own = statusAt(control)["own"] if control.exists() else None
    except CommandFailed:
        return False
    return own is not None and own["stage"] == "member"
