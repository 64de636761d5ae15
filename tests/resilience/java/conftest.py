"""The real library, driven over standard input."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


class Java:
    """The driver's process."""

    def __init__(self, classes: Path, jars: Path) -> None:
        self._process = subprocess.Popen(
            ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{classes}:{jars}/*",
             "io.github.resilience4j.circuitbreaker.internal.Driver"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def perform(self, commands: list[str]) -> list[str]:
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write("\n".join([*commands, "flush"]) + "\n")
        process.stdin.flush()
        return [process.stdout.readline().rstrip("\n") for _ in commands]

    def close(self) -> None:
        self._process.communicate(timeout=30)


@pytest.fixture(scope="session")
def java(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Java]:
    folder = tmp_path_factory.mktemp("resilience4j")
    jars, classes = folder / "jars", folder / "classes"
    subprocess.run(
        ["mvn", "-B", "-q", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies", f"-DoutputDirectory={jars}"],
        check=True, timeout=300,
    )  # fmt: skip
    sources = [str(path) for path in sorted((HERE / "driver").rglob("*.java"))]
    subprocess.run(["javac", "-d", str(classes), "-cp", f"{jars}/*", *sources], check=True, timeout=120)
    driver = Java(classes, jars)
    yield driver
    driver.close()
