from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.runtime.embedded import startup_cache
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.lock import JarLock
from sandbox.runtime.embedded.startup_cache import StartupCache

JAVA_25 = Java(Path("/jdk"), "25.0.2", "fingerprint")
JAVA_17 = Java(Path("/jdk"), "17.0.15", "other")
LOCK = JarLock.of("0.0", ())


def test_each_java_and_list_of_jars_and_set_of_flags_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = {
        StartupCache.of(Path("/cache"), JAVA_25, LOCK).path,
        StartupCache.of(Path("/cache"), JAVA_17, LOCK).path,
        StartupCache.of(Path("/cache"), JAVA_25, replace(LOCK, digest="changed")).path,
    }
    monkeypatch.setattr(startup_cache, "JVM_FLAGS", ("-Xmx1g",))
    paths.add(StartupCache.of(Path("/cache"), JAVA_25, LOCK).path)
    assert len(paths) == 4


def test_its_name_does_not_depend_on_the_folder() -> None:
    first, second = (StartupCache.of(Path(folder), JAVA_25, LOCK).path for folder in ("/a", "/b"))
    assert first.relative_to("/a") == second.relative_to("/b")


def test_the_jvm_is_told_paths_as_seen_from_the_jars() -> None:
    cache = StartupCache.of(Path("/ca che:1"), JAVA_25, LOCK)
    assert cache.use_flags() == [f"-XX:AOTCache=../{cache.path.name}", "-XX:AOTMode=on"]
    assert cache.record_flags(cache.folder / "train-1" / "made") == ["-XX:AOTCacheOutput=../train-1/made"]


def test_a_java_before_25_makes_a_class_data_archive() -> None:
    cache = StartupCache.of(Path("/cache"), JAVA_17, LOCK)
    assert cache.use_flags() == [f"-XX:SharedArchiveFile=../{cache.path.name}", "-Xshare:on"]
    assert cache.record_flags(cache.folder / "made") == ["-XX:ArchiveClassesAtExit=../made"]


def test_what_nobody_has_used_for_two_weeks_goes_when_another_is_used(tmp_path: Path) -> None:
    day_s, now_s = 24 * 3600, 1_800_000_000
    mine = StartupCache.of(tmp_path, JAVA_25, LOCK)
    same_jars = StartupCache.of(tmp_path, JAVA_17, LOCK)
    other_jars = StartupCache.of(tmp_path, JAVA_25, JarLock.of("0.1", ()))
    lately = StartupCache.of(tmp_path, JAVA_17, JarLock.of("0.1", ()))
    for cache, unused_days in ((mine, 20), (same_jars, 15), (other_jars, 15), (lately, 13)):
        cache.folder.mkdir(parents=True, exist_ok=True)
        cache.path.write_bytes(b"classes")
        os.utime(cache.path, (now_s - unused_days * day_s,) * 2)
    (mine.folder / "train.lock").touch()

    mine.note_use(now_s)
    assert [cache.exists() for cache in (mine, same_jars, other_jars, lately)] == [True, False, False, True]
    assert (mine.folder / "train.lock").exists()

    lately.note_use(now_s + 15 * day_s)
    assert not mine.exists() and lately.exists()


def test_a_cache_that_is_gone_meanwhile_is_no_failure(tmp_path: Path) -> None:
    StartupCache.of(tmp_path, JAVA_25, LOCK).note_use(1_800_000_000)
