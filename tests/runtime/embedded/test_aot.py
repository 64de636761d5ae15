"""Training with the real Java and Kafka."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from sandbox.errors import ComponentFailed, EnvironmentFailure, FetchFailed
from sandbox.runtime.embedded import aot
from sandbox.runtime.embedded.aot import cache_file, train, training_command
from sandbox.runtime.embedded.jars import fetch_jars, jars_folder
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.lock import JarLock

pytestmark = pytest.mark.e2e


def entries(cache: Path) -> set[str]:
    return {path.name for path in jars_folder(cache, JarLock.read()).parent.iterdir()}


@pytest.fixture(scope="module")
def trained(kafka_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which two processes were told to train at once."""
    cache = tmp_path_factory.mktemp("trained")
    lock = JarLock.read()
    shutil.copytree(jars_folder(kafka_cache, lock), jars_folder(cache, lock))
    both = [subprocess.Popen(training_command(cache), stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=110)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said == ["", ""]
    return cache


@pytest.mark.timeout(240)
def test_training_leaves_the_start_up_cache_and_nothing_else(trained: Path) -> None:
    assert cache_file(trained).stat().st_size > 30_000_000
    assert entries(trained) == {"libs", "fetch.lock", "train.lock", "verified.json", cache_file(trained).name}


def test_what_is_trained_is_not_trained_again(trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aot, "EmbeddedBroker", None)
    assert train(trained) == cache_file(trained)


async def test_it_survives_a_move_and_times_lost_in_a_copy(trained: Path, brokers, tmp_path: Path) -> None:
    moved = shutil.copytree(trained, tmp_path / "moved")
    for jar in fetch_jars(moved, offline=True)[::7]:
        os.utime(jar)
    broker = brokers(cache_dir=moved)
    broker.start()
    assert "-XX:AOTMode=on" in psutil.Process(broker.pid).cmdline()
    await broker.wait_listening()
    assert broker.remark is None
    assert cache_file(moved).exists()


def test_a_terminated_training_leaves_nothing(own_cache: Path, wait_gone) -> None:
    with subprocess.Popen(training_command(own_cache)) as trainer:
        java = _java_below(trainer.pid)
        trainer.send_signal(signal.SIGTERM)
        assert trainer.wait(20) == 128 + signal.SIGTERM
    assert wait_gone(java.pid, 1)
    assert entries(own_cache) == {"libs", "fetch.lock", "train.lock", "verified.json"}


def test_a_killed_training_takes_its_jvm_along(own_cache: Path, wait_gone) -> None:
    with subprocess.Popen(training_command(own_cache)) as trainer:
        java = _java_below(trainer.pid)
        trainer.kill()
    assert wait_gone(java.pid, 5)
    left = entries(own_cache) - {"libs", "fetch.lock", "train.lock", "verified.json"}
    assert [name.startswith(aot.PREFIX) for name in left] == [True]
    aot._sweep(jars_folder(own_cache, JarLock.read()).parent)
    assert not left & entries(own_cache)


def _java_below(pid: int) -> psutil.Process:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for process in psutil.Process(pid).children():
            if process.name() == "java":
                return process
        time.sleep(0.02)
    raise AssertionError("no JVM was started")


def test_a_cache_that_java_refuses_is_not_kept(own_cache: Path) -> None:
    jars = fetch_jars(own_cache, offline=True)
    made = jars[0].parent.parent / "train-x" / "made.aot"
    made.parent.mkdir()
    made.write_bytes(b"no cache")
    with pytest.raises(ComponentFailed, match="refuses the start-up cache"):
        aot._prove(Java.find(), made, jars)


def test_without_jars_there_is_nothing_to_train(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match="missing"):
        train(tmp_path)


def test_a_full_disk_is_told(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(aot, "_record", full)
    with pytest.raises(EnvironmentFailure, match="No space left") as failed:
        train(own_cache)
    assert "only slower" in failed.value.hint


def test_the_command_names_a_configured_java(tmp_path: Path) -> None:
    assert training_command(tmp_path, java_home=Path("/jdk"))[-2:] == [str(tmp_path), "/jdk"]
