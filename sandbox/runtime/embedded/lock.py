"""The lock file: every jar of Kafka's class path by coordinates, size and SHA-256.

It is made by `python -m sandbox.runtime.embedded.release`, never by hand.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["KAFKA_VERSION", "Jar", "JarLock"]

KAFKA_VERSION = "4.4.0"


@dataclass(frozen=True, slots=True)
class Jar:
    """One artifact of a Maven repository. `size_bytes` and `sha256` are of the jar file itself."""

    group: str
    artifact: str
    version: str
    sha256: str
    size_bytes: int
    classifier: str = ""

    @property
    def file_name(self) -> str:
        suffix = f"-{self.classifier}" if self.classifier else ""
        return f"{self.artifact}-{self.version}{suffix}.jar"

    @property
    def coordinates(self) -> str:
        return ":".join(part for part in (self.group, self.artifact, self.version, self.classifier) if part)


@dataclass(frozen=True, slots=True)
class JarLock:
    """The jars of one Kafka release in class path order. `digest` changes whenever anything in the list does."""

    kafka_version: str
    jars: tuple[Jar, ...]
    digest: str

    @property
    def total_bytes(self) -> int:
        return sum(jar.size_bytes for jar in self.jars)

    @classmethod
    def of(cls, kafka_version: str, jars: tuple[Jar, ...]) -> JarLock:
        lines = [f"{jar.coordinates} {jar.size_bytes} {jar.sha256}" for jar in jars]
        return cls(kafka_version, jars, hashlib.sha256("\n".join(lines).encode()).hexdigest())

    @classmethod
    def read(cls, path: Path | None = None) -> JarLock:
        """The lock file at `path`, or the one that comes with this package."""
        path = path or Path(__file__).with_name(f"kafka-{KAFKA_VERSION}.lock")
        document = json.loads(path.read_text(encoding="utf-8"))
        return cls.of(document["kafka"], tuple(Jar(**entry) for entry in document["jars"]))

    def write(self, path: Path) -> None:
        """Write the lock file, one jar a line, so that a new release reads well as a diff."""
        lines = ",\n".join(f"    {json.dumps(asdict(jar))}" for jar in self.jars)
        path.write_text(f'{{\n  "kafka": "{self.kafka_version}",\n  "jars": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
