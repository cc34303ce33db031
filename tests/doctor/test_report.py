"""
Tests for L{wand.doctor.report} and L{wand.doctor.secrets}.
"""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wand.doctor.machine import Machine
from wand.doctor.report import archive
from wand.doctor.secrets import REMOVED, withoutSecrets

SECRET = "hunter2Hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f'password = "{SECRET}"',
        f"password = '{SECRET}'",
        f'Password="{SECRET}"',
        f'store-settings = {{ password = "{SECRET}", host = "it" }}',
        f'"password": "{SECRET}"',
        f'"redis-password" : "{SECRET}",',
        f"password: {SECRET}",
        f'secret = """{SECRET}\n{SECRET}"""',
        f'api-key = "a\\"{SECRET}"',
        f'tokens = ["{SECRET}", "{SECRET}"]',
        f'passwd = [\n  "{SECRET}",  # ]\n  "{SECRET}",\n]',
        f"auth = {{ user = 'me', by = '{SECRET}' }}",
        f"db_pwd: {SECRET}",
        f'psk = "{SECRET}"',
        f'"credentials": {{"user": "me", "it": "{SECRET}"}}',
        f"Authorization: Bearer {SECRET}",
        f"cookie={SECRET}",
        f"url = 'redis://user:at@{SECRET}@192.0.2.1/0'",
        f"url = 'redis://user:{SECRET}@192.0.2.1/0'",
        f"proxy=http://me:{SECRET}@proxy:3128",
        f"joining with wand1.{SECRET}.{SECRET}-_=",
        f"wandanswer1.{SECRET} and wandrequest1.{SECRET}",
        f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----",
        f"-----BEGIN EC PRIVATE KEY-----\n{SECRET}",
    ],
)
def test_secretsAreRemoved(text: str) -> None:
    """
    Whatever looks like a secret is removed, in TOML, in JSON, in URLs and in a log.
    """
    cleaned = withoutSecrets(f"before = 1\n{text}\nafter = 1")
    assert SECRET not in cleaned
    assert REMOVED in cleaned
    assert cleaned.startswith("before = 1\n")


@pytest.mark.parametrize(
    "text",
    [
        'author = "alice"',
        "unauthorised: 3",
        '"public-key": "01ab"',
        'name = "alice"',
        'public = ["wand.example.net:44444"]',
        '"key": "01ab"',
        "peers: 3",
        "wand1 is a name",
    ],
)
def test_therestStays(text: str) -> None:
    """
    What a report is for stays as it is; the keys of members are public.
    """
    assert withoutSecrets(text) == text


@given(st.text(max_size=300))
def test_anyText(text: str) -> None:
    """
    No text is too strange, and what is clean once stays as it is.
    """
    cleaned = withoutSecrets(text)
    assert withoutSecrets(cleaned) == cleaned


@pytest.mark.parametrize("kind", ["a link", "a pipe", "a directory", "too long", "no name of a configuration"])
def test_onlyConfigurationsAreRead(tmp_path: Path, kind: str) -> None:
    """
    A program says where its configuration is.  Were it somebody else's, it could name any file that root may read, or
    one without an end: only plain files that are called like a configuration are packed; else it is said why not.
    """
    name = "/etc/shadow" if kind == "no name of a configuration" else "/etc/node.toml"
    path = tmp_path / name.lstrip("/")
    path.parent.mkdir()
    (tmp_path / "etc/root-only").write_text(SECRET)
    if kind == "a link":
        path.symlink_to(tmp_path / "etc/root-only")
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a directory":
        path.mkdir()
    else:
        path.write_text(f"# {SECRET}\n" * (1_000_000 if kind == "too long" else 1))
    packed = archive({}, [name], Machine(tmp_path, lambda *command: None), 1_000_000)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        [member] = tar.getmembers()
        text = tar.extractfile(member).read().decode()  # type: ignore[union-attr]
    assert SECRET not in text
    assert "not packed" in text


def test_longLinesAreQuick() -> None:
    """
    What others can have a program log is read in a time that grows with its length.
    """
    before = time.process_time()
    withoutSecrets("token" * 40_000)
    assert time.process_time() - before < 5


def test_configurationsOfOneName(tmp_path: Path) -> None:
    """
    Two configurations that are called alike are both there.
    """
    for each in ("a", "b"):
        (tmp_path / each).mkdir()
        (tmp_path / each / "node.toml").write_text(f"# {each}\n")
    packed = archive({}, ["/a/node.toml", "/b/node.toml"], Machine(tmp_path, lambda *command: None), 1_000_000)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        assert len({each.name for each in tar}) == 2


def test_archive(tmp_path: Path) -> None:
    """
    Values are JSON, configurations and what commands say are texts, all without secrets; what is missing is left out.
    """
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/node.toml").write_text(f'password = "{SECRET}"\n')
    machine = Machine(tmp_path, lambda *command: f"token wand1.{SECRET}" if command[0] == "ip" else None)
    packed = archive({"status.json": {"drops": 3}}, ["/etc/node.toml", "/etc/none.toml"], machine, 1_000_000)
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        contents = {each.name: tar.extractfile(each).read().decode() for each in tar}  # type: ignore[union-attr]
        assert all(each.mode == 0o600 for each in tar)
    assert sorted(contents) == [
        f"wand-report/{name}"
        for name in ("addresses.txt", "etc-node.toml", "routes-6.txt", "routes.txt", "status.json")
    ]
    assert '"drops": 3' in contents["wand-report/status.json"]
    assert SECRET not in "".join(contents.values())
