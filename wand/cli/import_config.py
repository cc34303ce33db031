"""
The command that converts the configuration of the original WanDaemon: C{import-config}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import click

from wand.cli.original import OriginalSetting, parse
from wand.endpoint import SERVER_PORT
from wand.errors import ConfigurationInvalid, WandError
from wand.ethernet import MAC, MTU_MAXIMUM, MTU_MINIMUM
from wand.plain_file import unreadable

_TWISTD: Final = "twistd decides: it goes into the background unless it is started with -n"
_AMP: Final = "the control socket speaks AMP now; name its path with the key control"

#: Keys of the original that have no counterpart, and why.
_ETUD_DROPPED: Final = {
    "module": "tap drivers are plugins now, and tuntap is the one for Linux; wand plugins lists them",
    "daemonise": _TWISTD,
    "pidfile": "it is an option of twistd: --pidfile",
    "ctrlfile": _AMP,
    "debug_default": "the log has levels of its own",
}
_WAND_DROPPED: Final = {
    "controlfile": "one program does the work of Etud and Wand; to run them separately see twistd etud and twistd wand",
    "daemonise": _TWISTD,
}


@click.command("import-config")
@click.argument("etudConf", metavar="ETUD_CONF", type=click.Path(exists=True, dir_okay=False))
@click.argument("wandConf", metavar="[WAND_CONF]", required=False, type=click.Path(exists=True, dir_okay=False))
def importConfig(etudconf: str, wandconf: str | None) -> None:
    """Convert the original's configuration.

    Print the TOML of a node, made from etud.conf and wand.conf of the original WanDaemon.
    """
    etud = parse(_read(etudconf), etudconf)
    wand = None if wandconf is None else parse(_read(wandconf), wandconf)
    click.echo("\n".join(translate(etud, etudconf, wand, wandconf or "wand.conf")))


def translate(
    etud: Mapping[str, OriginalSetting],
    etudFile: str,
    wand: Mapping[str, OriginalSetting] | None = None,
    wandFile: str = "wand.conf",
) -> list[str]:
    """
    Make the TOML of a node from the original's settings.

    @param wand: C{None} if there is no such file.
    @return: its lines.
    @raise ConfigurationInvalid: if a setting that the original needs is missing, or a value cannot be used.
    """
    lines = [
        "# Made by wand import-config from the files of the original WanDaemon.",
        'driver = "tuntap"',
        'protocol = "rel2"',
        f"mac = {_toml(_needed(etud, 'macaddr', etudFile, _mac))}",
    ]
    lines += _optional(etud, "ifname", "interface", _text)
    lines += _optional(etud, "udpport", "port", _port)
    lines += _optional(etud, "mtu", "mtu", _mtu)
    if wand is not None:
        server = _needed(wand, "server", wandFile, _host)
        port = _port(wand["udpport"]) if "udpport" in wand else SERVER_PORT
        lines.append(f"servers = [{_toml(f'{server}:{port}')}]")
    else:
        lines.append('# servers = ["HOST:44444"]  (the server was named in wand.conf)')
    lines += ['# addresses = ["10.1.0.1/16"]  (the original left the IP addresses of the interface to scripts)']
    lines += _dropped(etud, {"macaddr", "ifname", "udpport", "mtu"}, _ETUD_DROPPED)
    lines += _dropped(wand or {}, {"server", "udpport"}, _WAND_DROPPED)
    return lines


def _needed(
    settings: Mapping[str, OriginalSetting], key: str, file: str, check: Callable[[OriginalSetting], str]
) -> str:
    if key not in settings:
        raise ConfigurationInvalid(file, key, "it is missing, and the original needs it")
    return check(settings[key])


def _optional(
    settings: Mapping[str, OriginalSetting], key: str, ours: str, check: Callable[[OriginalSetting], str | int]
) -> Iterable[str]:
    if key in settings:
        yield f"{ours} = {_toml(check(settings[key]))}"


def _dropped(settings: Mapping[str, OriginalSetting], used: set[str], reasons: Mapping[str, str]) -> Iterable[str]:
    for key, setting in settings.items():
        if key not in used:
            yield f"# {key} = {_toml(setting.value)}: {reasons.get(key, 'the original has no such key')}"


# Values.


def _text(setting: OriginalSetting) -> str:
    if not isinstance(setting.value, str) or not setting.value:
        raise ConfigurationInvalid(setting.where, setting.key, 'expected a "text" in quotes')
    return setting.value


def _mac(setting: OriginalSetting) -> str:
    try:
        return str(MAC.parseUnicast(_text(setting)))
    except ConfigurationInvalid:
        raise
    except WandError as error:
        raise ConfigurationInvalid(setting.where, setting.key, str(error)) from None


def _host(setting: OriginalSetting) -> str:
    host = _text(setting)
    if any(each.isspace() or each in ':"[]/' for each in host):
        raise ConfigurationInvalid(setting.where, setting.key, f"{host!r} is not a host name or an IPv4 address")
    return host


def _port(setting: OriginalSetting) -> int:
    return _integer(setting, 1, 65_535)


def _mtu(setting: OriginalSetting) -> int:
    return _integer(setting, MTU_MINIMUM, MTU_MAXIMUM)


def _integer(setting: OriginalSetting, least: int, most: int) -> int:
    value = setting.value
    if isinstance(value, str | bool) or not least <= value <= most:
        raise ConfigurationInvalid(setting.where, setting.key, f"expected an integer from {least} to {most}")
    return value


def _toml(value: str | int | bool) -> str:
    return json.dumps(value, ensure_ascii=False)  # the same in TOML, for texts without control characters


def _read(file: str) -> str:
    try:
        return Path(file).read_bytes().decode()
    except OSError as error:
        raise ConfigurationInvalid(file, "", f"it {unreadable(error)}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationInvalid(file, "", f"it is not text: {error}") from None
