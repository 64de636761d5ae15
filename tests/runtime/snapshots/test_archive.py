"""The file of a snapshot: whole or not there, and never trusted."""

from __future__ import annotations

import errno
import hashlib
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import EnvironmentFailure, InvalidFile
from sandbox.runtime.snapshots.archive import read_manifest, unpack, write
from tests.runtime.snapshots.conftest import describe

Forge = Callable[..., Path]


def accept(_: Any) -> None:
    """Any manifest will do."""


def member(content: bytes) -> dict[str, Any]:
    return {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def files(folder: Path) -> dict[str, bytes]:
    return {str(each.relative_to(folder)): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def forged(**members: Any) -> dict[str, Any]:
    return {**describe({}).model_dump(), "members": members}


def test_what_is_unpacked_is_what_was_written(data: Path, tmp_path: Path) -> None:
    target, into = tmp_path / "s.tar.gz", tmp_path / "into"
    into.mkdir()
    manifest = write(target, data, describe)
    assert read_manifest(target) == manifest == unpack(target, into, accept)
    kept = {
        name: content for name, content in files(data).items() if Path(name).name not in ("server.properties", ".lock")
    }
    assert files(into) == kept
    assert target.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_after_a_crash_indexes_are_left_to_kafka(data: Path, tmp_path: Path) -> None:
    (data / "kafka/logs/.kafka_cleanshutdown").unlink()
    (data / "kafka/logs/meta.properties").touch()
    members = write(tmp_path / "s.tar.gz", data, describe).members
    assert "kafka/logs/t-0/0.log" in members
    assert "kafka/logs/t-0/0.index" not in members


def test_a_full_disk_leaves_what_was_there(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "s.tar.gz"
    target.write_bytes(b"former")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFailure, match="the disk is full"):
        write(target, data, describe)
    assert target.read_bytes() == b"former"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data", "s.tar.gz"]


def test_a_disk_that_becomes_full_amid_the_data_leaves_nothing_half_written(data: Path, tmp_path: Path) -> None:
    (data / "stores/noise").write_bytes(os.urandom(3_000_000))
    (tmp_path / ".s.tar.gz.part").symlink_to("/dev/full")
    with pytest.raises(EnvironmentFailure, match="the disk is full") as raised:
        write(tmp_path / "s.tar.gz", data, describe)
    assert raised.value.hint == "make room there; nothing was changed"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["data"]


def test_a_full_disk_is_said_when_unpacking(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "s.tar.gz", data, describe)
    (tmp_path / "into").mkdir()

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(EnvironmentFailure, match="the disk is full"):
        unpack(tmp_path / "s.tar.gz", tmp_path / "into", accept)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_or_changed_is_refused(data: Path, tmp_path: Path, at: float) -> None:
    target = tmp_path / "s.tar.gz"
    write(target, data, describe)
    whole = target.read_bytes()
    place = int(len(whole) * at)
    for number, content in enumerate(
        (whole[:place], whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
    ):
        target.write_bytes(content)
        into = tmp_path / f"into{number}"
        into.mkdir()
        with pytest.raises(InvalidFile):
            unpack(target, into, accept)


@pytest.mark.parametrize("name", ["../outside", "/etc/outside", "kafka/../../outside", "token", "kafka\\..\\x"])
def test_a_path_that_leaves_the_data_is_refused(forge: Forge, tmp_path: Path, name: str) -> None:
    path = forge(forged(**{name: member(b"x")}), (tarfile.TarInfo(name), b"x"))
    with pytest.raises(InvalidFile, match="would leave"):
        unpack(path, tmp_path / "into", accept)


def test_a_link_is_refused(forge: Forge, tmp_path: Path) -> None:
    link = tarfile.TarInfo("kafka/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = forge(forged(**{"kafka/link": member(b"")}), (link, b""))
    (tmp_path / "into").mkdir()
    with pytest.raises(InvalidFile, match="does not name"):
        unpack(path, tmp_path / "into", accept)
    assert files(tmp_path / "into") == {}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"kafka/a": member(b"x"), "kafka/b": member(b"y")}, "kafka/b is missing"),
        ({}, "'kafka/a', which its manifest does not name"),
        ({"kafka/a": {**member(b"x"), "sha256": "0" * 64}}, "not what its checksum says"),
        ({"kafka/a": member(b"xy")}, "not what its checksum says"),
        ({"kafka/a": member(b"")}, "not what its checksum says"),
    ],
)
def test_what_the_manifest_does_not_say_is_refused(forge: Forge, tmp_path: Path, members: Any, said: str) -> None:
    path = forge(forged(**members), (tarfile.TarInfo("kafka/a"), b"x"))
    (tmp_path / "into").mkdir()
    with pytest.raises(InvalidFile, match=said):
        unpack(path, tmp_path / "into", accept)


def test_what_is_no_snapshot_is_refused(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="does not begin with a manifest"):
        read_manifest(forge(None, (tarfile.TarInfo("a"), b"x")))
    with pytest.raises(InvalidFile, match="is no snapshot of a sandbox"):
        read_manifest(forge({"kind": "something else"}))
    (tmp_path / "text.tar.gz").write_text("hello", encoding="utf-8")
    with pytest.raises(InvalidFile):
        read_manifest(tmp_path / "text.tar.gz")
    with pytest.raises(EnvironmentFailure, match="no such snapshot"):
        read_manifest(tmp_path / "none.tar.gz")
