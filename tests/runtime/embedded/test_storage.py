from __future__ import annotations

import base64
import fcntl
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import ComponentFailed
from sandbox.runtime.embedded.storage import SNAPSHOT_NAME, ended_cleanly, format_storage, wait_unused

HOLDER = """
import fcntl, sys
file = open(sys.argv[1], "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_formatted_folder_has_its_ids_and_the_levels_of_features(tmp_path: Path) -> None:
    format_storage(tmp_path / "data")
    meta = dict(line.split("=", 1) for line in (tmp_path / "data/meta.properties").read_text().splitlines())
    assert (meta["version"], meta["node.id"]) == ("1", "1")
    for name in ("cluster.id", "directory.id"):
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]{21}", meta[name])
        assert len(base64.urlsafe_b64decode(meta[name] + "==")) == 16
    snapshot = (tmp_path / "data" / SNAPSHOT_NAME).read_bytes()
    for feature in (b"metadata.version", b"group.version", b"transaction.version"):
        assert feature in snapshot


def test_a_folder_keeps_its_ids_when_formatted_again(tmp_path: Path) -> None:
    format_storage(tmp_path)
    before = (tmp_path / "meta.properties").read_text()
    (tmp_path / SNAPSHOT_NAME).write_bytes(b"grown since")
    format_storage(tmp_path)
    assert (tmp_path / "meta.properties").read_text() == before
    assert (tmp_path / SNAPSHOT_NAME).read_bytes() == b"grown since"


def test_two_folders_have_different_ids(tmp_path: Path) -> None:
    format_storage(tmp_path / "a")
    format_storage(tmp_path / "b")
    assert (tmp_path / "a/meta.properties").read_text() != (tmp_path / "b/meta.properties").read_text()


def test_a_new_folder_counts_as_ended_cleanly_and_a_used_one_by_its_marker(tmp_path: Path) -> None:
    assert ended_cleanly(tmp_path / "data")
    format_storage(tmp_path / "data")
    assert not ended_cleanly(tmp_path / "data")
    (tmp_path / "data/.kafka_cleanshutdown").touch()
    assert ended_cleanly(tmp_path / "data")


def test_unused_data_is_not_waited_for(tmp_path: Path) -> None:
    wait_unused(tmp_path / "missing", 0)
    (tmp_path / ".lock").touch()
    wait_unused(tmp_path, 0)
    with (tmp_path / ".lock").open("r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # it left no lock of its own behind


def test_data_that_another_process_holds_is_refused_after_the_limit(tmp_path: Path) -> None:
    (tmp_path / ".lock").touch()
    command = [sys.executable, "-c", HOLDER, tmp_path / ".lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(ComponentFailed, match="another Kafka is using this data") as failed:
            wait_unused(tmp_path, 0.01)
        assert failed.value.where == str(tmp_path)
        holder.communicate("\n", timeout=10)
    wait_unused(tmp_path, 1)
