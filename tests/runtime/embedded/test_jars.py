from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from sandbox.errors import FetchFailed
from sandbox.runtime.embedded import download
from sandbox.runtime.embedded.jars import FIXED_MTIME_S, fetch_jars, jars_folder

FETCH_SCRIPT = """
import sys
from pathlib import Path
from sandbox.runtime.embedded.jars import fetch_jars
from sandbox.runtime.embedded.lock import JarLock
fetch_jars(Path(sys.argv[1]), lock=JarLock.read(Path(sys.argv[2])), mirror=sys.argv[3] or None)
print(*sorted({"jgo", "requests", "filelock", "aiohttp", "asyncio"} & sys.modules.keys()))
"""


class Meter:
    def __init__(self) -> None:
        self.total_bytes = self.fetched_bytes = self.finished = 0

    def start(self, total_bytes: int, jars: int) -> None:
        self.total_bytes = total_bytes
        self.jars = jars

    def advance(self, size_bytes: int) -> None:
        self.fetched_bytes += size_bytes

    def finish(self) -> None:
        self.finished += 1


@pytest.fixture(autouse=True)
def _without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "RETRY_WAIT_S", 0.001)


def left_over(cache: Path) -> list[str]:
    return sorted(path.name for path in cache.glob("*/*") if path.name not in ("libs", "fetch.lock", "verified.json"))


def test_fetched_jars_are_whole_in_class_path_order_and_of_one_fixed_time(repository, tmp_path: Path) -> None:
    jars = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert [path.name for path in jars] == ["alpha-1.0.jar", "beta-1.0.jar", "gamma-1.0.jar"]
    assert [path.read_bytes() for path in jars] == [
        repository.path_of(n).read_bytes() for n in ("alpha", "beta", "gamma")
    ]
    assert {path.stat().st_mtime for path in jars} == {FIXED_MTIME_S}
    assert left_over(tmp_path / "cache") == []


def test_progress_counts_every_byte_once(repository, tmp_path: Path) -> None:
    meter = Meter()
    repository.broken_answers["beta-1.0.jar"] = 1
    fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url, progress=meter)
    assert (meter.fetched_bytes, meter.total_bytes, meter.jars, meter.finished) == (49_100, 49_100, 3, 1)


def test_a_complete_cache_is_neither_read_nor_reported_again(repository, tmp_path: Path) -> None:
    meter = Meter()
    first = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    repository.asked.clear()
    assert fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url, progress=meter) == first
    assert (repository.asked, meter.total_bytes, meter.finished) == ({}, 0, 0)


def test_a_complete_cache_needs_the_standard_library_only(repository, tmp_path: Path) -> None:
    fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    repository.lock.write(tmp_path / "lock")
    command = [sys.executable, "-c", FETCH_SCRIPT, tmp_path / "cache", tmp_path / "lock", ""]
    assert subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.strip() == ""


def test_a_folder_serves_as_mirror_and_keeps_its_jars(repository, tmp_path: Path) -> None:
    jars = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=str(repository.folder))
    assert all(path.is_file() for path in jars)
    assert repository.path_of("alpha").is_file()
    assert repository.asked == {}


def test_a_jar_that_was_written_to_is_fetched_again(repository, tmp_path: Path) -> None:
    jars = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    repository.asked.clear()
    jars[1].write_bytes(b"x" * 9_000)
    os.utime(jars[1], (FIXED_MTIME_S, FIXED_MTIME_S))
    fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert jars[1].read_bytes() == repository.path_of("beta").read_bytes()
    assert repository.asked["beta-1.0.jar"] == 1
    assert repository.asked["alpha-1.0.jar"] == 0


def test_jars_of_a_restored_cache_get_their_fixed_time_back_without_a_network(repository, tmp_path: Path) -> None:
    jars = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    os.utime(jars[0])
    fetch_jars(tmp_path / "cache", lock=repository.lock, offline=True)
    assert jars[0].stat().st_mtime == FIXED_MTIME_S


def test_a_wrong_jar_is_refused_by_its_checksum_and_not_kept(repository, tmp_path: Path) -> None:
    repository.path_of("beta").write_bytes(b"y" * 9_000)
    with pytest.raises(FetchFailed) as failed:
        fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert failed.value.where == "beta-1.0.jar"
    assert hashlib.sha256(b"y" * 9_000).hexdigest() in failed.value.message
    assert "mirror" in failed.value.hint
    assert not (jars_folder(tmp_path / "cache", repository.lock) / "beta-1.0.jar").exists()
    assert left_over(tmp_path / "cache") == []


def test_after_a_failure_only_what_is_missing_is_fetched(repository, tmp_path: Path) -> None:
    content = repository.path_of("gamma").read_bytes()
    repository.path_of("gamma").unlink()
    with pytest.raises(FetchFailed, match=r"does not have org\.example:gamma"):
        fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    there = [p.name for p in jars_folder(tmp_path / "cache", repository.lock).iterdir()]
    repository.path_of("gamma").write_bytes(content)
    repository.asked.clear()
    fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert not repository.asked.keys() & set(there)


def test_a_download_that_breaks_off_is_tried_again(repository, tmp_path: Path) -> None:
    repository.broken_answers["alpha-1.0.jar"] = 2
    jars = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert jars[0].read_bytes() == repository.path_of("alpha").read_bytes()
    assert repository.asked["alpha-1.0.jar"] == 3


def test_no_network_is_told_with_the_ways_round_it(repository, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed) as failed:
        fetch_jars(tmp_path / "cache", lock=repository.lock, mirror="http://127.0.0.1:9/")
    assert "check the network" in failed.value.hint
    assert "--offline" in failed.value.hint
    assert left_over(tmp_path / "cache") == []


def test_offline_mode_asks_nobody_and_says_what_is_missing(repository, tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"3 of Kafka's 3 jars are missing") as failed:
        fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url, offline=True)
    assert "sandbox prepare" in failed.value.hint
    assert repository.asked == {}


def test_a_full_disk_is_told_with_the_space_needed(repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(self), None, str(target))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(FetchFailed, match="disk is full") as failed:
        fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert "free 1 MB" in failed.value.hint
    assert "SANDBOX_CACHE_DIR" in failed.value.hint
    assert left_over(tmp_path / "cache") == []


def test_a_cache_that_is_no_folder_is_told(repository, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("in the way")
    with pytest.raises(FetchFailed, match="cannot be written") as failed:
        fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert str(tmp_path / "cache") in failed.value.where
    assert "SANDBOX_CACHE_DIR" in failed.value.hint


def test_a_complete_cache_that_may_only_be_read_will_do(
    repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jars = fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    (jars[0].parent.parent / "verified.json").unlink()

    def read_only(*_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "utime", read_only)
    assert fetch_jars(tmp_path / "cache", lock=repository.lock, offline=True) == jars
    jars[2].unlink()
    with pytest.raises(FetchFailed):
        fetch_jars(tmp_path / "cache", lock=repository.lock, offline=True)


def test_two_that_start_at_once_fetch_each_jar_once(repository, tmp_path: Path) -> None:
    repository.lock.write(tmp_path / "lock")
    repository.answer_after.clear()
    command = [sys.executable, "-c", FETCH_SCRIPT, tmp_path / "cache", tmp_path / "lock", repository.url]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    threading.Timer(0.5, repository.answer_after.set).start()
    assert [process.communicate(timeout=30)[0] is not None and process.returncode for process in both] == [0, 0]
    assert {name: count for name, count in repository.asked.items() if name.endswith(".jar")} == {
        "alpha-1.0.jar": 1,
        "beta-1.0.jar": 1,
        "gamma-1.0.jar": 1,
    }


def test_what_a_killed_fetch_left_behind_is_cleared(repository, tmp_path: Path) -> None:
    left = jars_folder(tmp_path / "cache", repository.lock).parent / "fetch-of-a-killed-one"
    left.mkdir(parents=True)
    (left / "half.jar").write_bytes(b"half")
    fetch_jars(tmp_path / "cache", lock=repository.lock, mirror=repository.url)
    assert left_over(tmp_path / "cache") == []
