"""
Tests for L{wand.cli.original} and L{wand.cli.import_config}.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

import click.testing
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from wand.cli.import_config import translate
from wand.cli.main import cli
from wand.cli.original import parse
from wand.config import NodeConfiguration, load
from wand.errors import ConfigurationInvalid

ETUD = """\
# Etud of a node
module "/usr/lib/etud/linux-tap.so"   # the driver
macaddr "02-00-5E-10-00-01"
ifname "wan0"
\tudpport\t22223\t
mtu 1280
daemonise on
pidfile "/var/run/etud.pid"
ctrlfile "/var/run/Etud.ctrl"\r
debug_default 7
colour "red # and blue"
"""
WAND = 'server "wand.example.net"\ncontrolfile "/var/run/Etud.ctrl"\ndaemonise off\n'

keys = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
values = (
    st.integers(-(10**10) + 1, 10**10 - 1)
    | st.booleans()
    | st.text().filter(lambda text: text.isprintable() and '"' not in text)
)


class ParseTests(SynchronousTestCase):
    def refused(self, text: str) -> str:
        """
        Check that a file is refused.

        @return: the reason.
        """
        return str(self.assertRaises(ConfigurationInvalid, parse, text, "etud.conf"))

    def test_values(self) -> None:
        """
        Integers, texts in quotes and truth values are read; comments and empty lines are not.
        """
        found = {key: setting.value for key, setting in parse(ETUD, "etud.conf").items()}
        self.assertEqual(found["udpport"], 22223)
        self.assertEqual(found["macaddr"], "02-00-5E-10-00-01")
        self.assertEqual(found["colour"], "red # and blue")
        self.assertIs(found["daemonise"], True)
        self.assertEqual(len(found), 10)

    def test_refused(self) -> None:
        """
        Anything else is refused with the file, the line and the reason.
        """
        self.assertEqual(self.refused("\n\nmtu"), "etud.conf, line 3: mtu: it has no value")
        self.assertEqual(self.refused("mtu 1\nmtu 2"), "etud.conf, line 2: mtu: it is set twice")
        self.assertIn("line 1: mtu: expected an integer", self.refused("mtu big"))
        self.assertIn("line 1: expected a key and a value", self.refused('ifname "wan0'))
        self.assertIn("line 1: expected a key and a value", self.refused("mtu 1 2"))
        self.assertIn("cannot be printed", self.refused('ifname "\x1b[2J"'))

    @given(st.text())
    def test_anything(self, text: str) -> None:
        """
        Whatever a file holds, it is read or refused.
        """
        try:
            parse(text, "etud.conf")
        except ConfigurationInvalid as error:
            self.assertIn("etud.conf, line ", str(error))

    @given(st.dictionaries(keys, values))
    def test_roundTrip(self, settings: dict[str, int | bool | str]) -> None:
        """
        What is written as the original has it is what is read.
        """
        texts = {key: f'"{each}"' if isinstance(each, str) else str(each).lower() for key, each in settings.items()}
        lines = [f"{key} {text} # comment" for key, text in texts.items()]
        found = parse("\n".join(lines), "etud.conf")
        self.assertEqual({key: setting.value for key, setting in found.items()}, settings)


class TranslateTests(SynchronousTestCase):
    def setUp(self) -> None:
        """
        Make a directory.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def translate(self, etud: str, wand: str | None = WAND) -> str:
        """
        Translate the texts of the two files.
        """
        settings = None if wand is None else parse(wand, "wand.conf")
        return "\n".join(translate(parse(etud, "etud.conf"), "etud.conf", settings))

    def refused(self, etud: str, wand: str | None = None) -> str:
        """
        Check that the files are refused.

        @return: the reason.
        """
        return str(self.assertRaises(ConfigurationInvalid, self.translate, etud, wand))

    def test_isAConfiguration(self) -> None:
        """
        What comes out is a configuration of a node that says the same.
        """
        path = self.directory / "node.toml"
        path.write_text(self.translate(ETUD))
        node = load(NodeConfiguration, str(path))
        self.assertEqual(
            (node.driver, node.protocol, node.mac, node.interface, node.port, node.mtu, node.servers),
            ("tuntap", "rel2", "02:00:5e:10:00:01", "wan0", 22223, 1280, ["wand.example.net:44444"]),
        )

    def test_whatIsLeftOut(self) -> None:
        """
        Keys without a counterpart become comments that say why.
        """
        text = self.translate(ETUD)
        for key in ("module", "daemonise", "pidfile", "ctrlfile", "debug_default", "controlfile"):
            self.assertRegex(text, rf"(?m)^# {key} = .*: .{{10}}")
        self.assertIn('# colour = "red # and blue": the original has no such key', text)

    def test_withoutServer(self) -> None:
        """
        Without wand.conf there is a comment where the server would be.
        """
        self.assertIn("# servers = ", self.translate('macaddr "02:00:00:00:00:01"', None))

    def test_serverPort(self) -> None:
        """
        The port of wand.conf is the server's.
        """
        text = self.translate('macaddr "02:00:00:00:00:01"', 'server "192.0.2.1"\nudpport 4\n')
        self.assertEqual(tomllib.loads(text)["servers"], ["192.0.2.1:4"])

    def test_refused(self) -> None:
        """
        What the original needs and what cannot be used is refused with the place and the reason.
        """
        mac = 'macaddr "02:00:00:00:00:01"\n'
        self.assertIn("etud.conf: macaddr: it is missing", self.refused("mtu 1280"))
        self.assertIn("wand.conf: server: it is missing", self.refused(mac, "daemonise on"))
        self.assertIn("etud.conf, line 1: macaddr: ", self.refused('macaddr "zz"'))
        self.assertIn("etud.conf, line 1: macaddr: ", self.refused("macaddr 12"))
        self.assertIn("line 2: udpport: expected an integer from 1 to 65535", self.refused(mac + "udpport 70000"))
        self.assertIn("line 2: mtu: expected an integer", self.refused(mac + "mtu on"))
        self.assertIn("line 2: ifname: expected a", self.refused(mac + "ifname 7"))
        self.assertIn("wand.conf, line 1: server: 'a b' is not a host name", self.refused(mac, 'server "a b"'))

    @given(st.dictionaries(st.sampled_from(["ifname", "udpport", "mtu", "module", "x"]), values), values)
    def test_alwaysTOML(self, settings: dict[str, int | bool | str], server: int | bool | str) -> None:
        """
        Whatever the values are, what comes out is TOML, or the files are refused.
        """
        lines = [
            f'{key} "{each}"' if isinstance(each, str) else f"{key} {str(each).lower()}"
            for key, each in {"macaddr": "02:00:00:00:00:01", **settings}.items()
        ]
        written = f'server "{server}"' if isinstance(server, str) else f"server {str(server).lower()}"
        try:
            text = self.translate("\n".join(lines), written)
        except ConfigurationInvalid:
            return
        tomllib.loads(text)


class CommandTests(SynchronousTestCase):
    def setUp(self) -> None:
        """
        Make a directory.
        """
        directory = TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def test_command(self) -> None:
        """
        The command prints the configuration; a file that is not a text or not there is refused.
        """
        for name, data in (("etud.conf", ETUD.encode()), ("wand.conf", WAND.encode()), ("bad.conf", b"\xff\xfe")):
            (self.directory / name).write_bytes(data)

        def run(*names: str) -> click.testing.Result:
            arguments = ["import-config", *(str(self.directory / name) for name in names)]
            return click.testing.CliRunner().invoke(cli, arguments)

        self.assertEqual(tomllib.loads(run("etud.conf", "wand.conf").stdout)["port"], 22223)
        self.assertIn("it is not text", str(run("bad.conf").exception))
        self.assertEqual(run("absent.conf").exit_code, 2)
