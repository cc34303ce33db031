"""
Tests for what pip installs: the commands of twistd appear, and plugins of other distributions are found.

One clean virtual environment serves them all.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from clean_environment import PROJECT, Environment, makeEnvironment

COMMANDS = ("wand-node", "wand-server", "etud", "wand", "wansd")

PYPROJECT = """
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "1.0"

[project.entry-points."wandaemon.drivers"]
{entry}

[tool.hatch.build.targets.wheel]
packages = ["{name}", "{package}"]
"""

DRIVER = """
from zope.interface import implementer

from wand.errors import TapUnavailable
from wand.interfaces import Context, ITap, ITapDriver, TapRequest


@implementer(ITapDriver)
class Driver:
    name = "{name}"
    about = "a driver of somebody else's"

    def unusable(self) -> str | None:
        return None

    def open(self, request: TapRequest, context: Context) -> ITap:
        raise TapUnavailable("there is no such device")
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """
    A clean virtual environment.
    """
    return makeEnvironment(tmp_path_factory.mktemp("clean"))


@pytest.fixture
def environment(bare: Environment) -> Iterator[Environment]:
    """
    The same, in which a test may install other distributions.
    """
    yield bare
    bare.remove()


def writeDistribution(folder: Path, name: str, *, entry: str = "", dropin: str = "", package: str = "twisted") -> str:
    """
    Write the project of a distribution with one driver, which is called as it.

    @param entry: an entry point.
    @param dropin: a module that it publishes.
    @param package: where.
    @return: its folder.
    """
    (folder / name).mkdir(parents=True)
    (folder / package / "plugins").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PYPROJECT.format(name=name, package=package, entry=entry))
    (folder / name / "__init__.py").touch()
    (folder / name / "driver.py").write_text(DRIVER.format(name=name) + "\n\ndriver = Driver()\n")
    if dropin:
        (folder / package / "plugins" / f"{name}_dropin.py").write_text(dedent(dropin))
    return str(folder)


def assertCommands(environment: Environment) -> None:
    done = environment.run("twistd", "--help")
    listed = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("    ") and line.split()]
    assert set(COMMANDS) <= set(listed), done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_commandsAppear(environment: Environment) -> None:
    """
    After C{pip install .} twistd knows our commands, and the built-in plugins are found.
    """
    assertCommands(environment)
    assert {"chardev", "memory"} <= environment.usable()


def test_commandsAppearInEditable(environment: Environment) -> None:
    """
    So it is after C{pip install -e .}.
    """
    try:
        environment.pip("install", "--force-reinstall", "--no-deps", "--no-build-isolation", "-e", str(PROJECT))
        assertCommands(environment)
        assert {"chardev", "memory"} <= environment.usable()
    finally:
        environment.reinstall()


@pytest.mark.parametrize("how", [[], ["-e"]])
@pytest.mark.parametrize(
    "published",
    [{"entry": 'wand_other = "wand_other.driver:driver"'}, {"dropin": "from wand_other.driver import driver\n"}],
    ids=["entry point", "dropin"],
)
def test_driverOfAnotherDistributionIsFound(
    environment: Environment, tmp_path: Path, published: dict[str, str], how: list[str]
) -> None:
    """
    A driver that pip installed is found, in whichever of the two ways it is published, and however it is installed.
    """
    project = writeDistribution(tmp_path, "wand_other", **published)
    before = environment.usable()
    environment.add("wand_other", *how, project)
    assert environment.usable() == before | {"wand_other"}
    environment.remove()
    assert environment.usable() == before


def test_brokenDistributionIsReported(environment: Environment, tmp_path: Path) -> None:
    """
    A plugin that cannot be loaded is reported with its distribution and the reason, by C{wand plugins} too.
    Nothing else changes, and nothing is written to the standard error.
    """
    before = environment.survey()
    project = writeDistribution(tmp_path, "wand_broken", entry='broken = "nowhere:driver"')
    environment.add("wand_broken", project)
    (driver,) = [each for each in environment.survey() if each not in before]
    assert (driver["kind"], driver["name"], driver["state"]) == ("driver", "broken", "broken")
    assert (driver["distribution"], driver["version"]) == ("wand-broken", "1.0")
    assert driver["reason"].startswith("ModuleNotFoundError: No module named 'nowhere': install wand-broken 1.0 again")
    assert [each for each in environment.survey() if each in before] == before
    done = environment.run("wand", "plugins")
    assert (done.returncode, done.stderr) == (0, "")
    assert "No module named 'nowhere'" in done.stdout
    assertCommands(environment)


INTRUSIONS = """
from wand.health.installed import distributions
from wand.health.origin import intrusions
print("\\n".join(intrusions(distributions())))
"""


def test_aDistributionThatOverwritesOurs(environment: Environment, tmp_path: Path) -> None:
    """
    A plugin's wheel that has an C{__init__.py} in C{wand} overwrites ours: the programs start all the same, and say who
    it was.
    """
    assert environment.run("python", "-c", INTRUSIONS).stdout.strip() == ""
    folder = writeDistribution(tmp_path / "intruder", "wand_intruder", package="wand")
    (Path(folder) / "wand" / "__init__.py").touch()
    environment.add("wand_intruder", folder)
    said = environment.run("python", "-c", INTRUSIONS)
    assert "the distribution wand-intruder 1.0 has wand/__init__.py" in said.stdout, said.stderr
    assert "is not the one of wandaemon" in said.stdout
    assertCommands(environment)
    environment.remove()
    environment.reinstall()
    assert environment.run("python", "-c", INTRUSIONS).stdout.strip() == ""
