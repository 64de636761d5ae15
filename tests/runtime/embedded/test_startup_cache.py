from __future__ import annotations

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
