from __future__ import annotations

from pathlib import Path

from sandbox.runtime.embedded.lock import KAFKA_VERSION, Jar, JarLock


def test_the_lock_file_names_every_jar_of_the_class_path_once() -> None:
    lock = JarLock.read()
    assert lock.kafka_version == KAFKA_VERSION
    assert len({jar.file_name for jar in lock.jars}) == len(lock.jars) == 45
    assert all(len(jar.sha256) == 64 and jar.size_bytes > 0 for jar in lock.jars)


def test_all_parts_of_kafka_are_of_one_release() -> None:
    parts = {jar.artifact: jar.version for jar in JarLock.read().jars if jar.group == "org.apache.kafka"}
    assert set(parts.values()) == {KAFKA_VERSION}
    assert {"kafka_2.13", "kafka-clients", "kafka-metadata", "kafka-raft", "kafka-group-coordinator"} <= parts.keys()


def test_the_log4j_binding_fits_the_log4j_core() -> None:
    versions = {jar.artifact: jar.version for jar in JarLock.read().jars}
    assert versions["log4j-slf4j-impl"] == versions["log4j-core"] == versions["log4j-api"]
    assert versions["slf4j-api"].startswith("1.")


def test_the_digest_changes_with_any_jar_and_not_with_the_form_of_the_file(tmp_path: Path) -> None:
    lock = JarLock.read()
    lock.write(tmp_path / "again.lock")
    assert JarLock.read(tmp_path / "again.lock") == lock
    first, *others = lock.jars
    changed = Jar(first.group, first.artifact, first.version, "0" * 64, first.size_bytes)
    assert JarLock.of(lock.kafka_version, (changed, *others)).digest != lock.digest


def test_a_classifier_is_part_of_the_file_name() -> None:
    assert Jar("g", "a", "1", "", 0, "linux").file_name == "a-1-linux.jar"
    assert Jar("g", "a", "1", "", 0).file_name == "a-1.jar"
