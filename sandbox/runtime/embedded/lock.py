"""The lock file: every jar of Kafka's class path by coordinates, size and SHA-256.

Maintainers regenerate it after a new Kafka release with

    python -m sandbox.runtime.embedded.lock 4.4.0

which resolves the class path from Kafka's own POM, adds the log4j binding of the same release of log4j, and refuses a
class path that mixes releases of Kafka.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["KAFKA_VERSION", "Jar", "JarLock"]

KAFKA_VERSION = "4.4.0"

KAFKA_GROUP = "org.apache.kafka"
LOG4J_GROUP = "org.apache.logging.log4j"


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


def resolve(kafka_version: str, repo_cache: Path) -> JarLock:
    """The class path of a Kafka broker as its own POM says, with SHA-256 and size of each jar. Needs the network."""
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=repo_cache, timeout=60)
    kafka = context.project(KAFKA_GROUP, "kafka_2.13").at_version(kafka_version)
    _, nodes = context.pom_dependency_list(kafka.pom())
    found = {(node.dep.groupId, node.dep.artifactId): node.dep.version for node in nodes}
    found[KAFKA_GROUP, "kafka_2.13"] = kafka_version
    found[LOG4J_GROUP, "log4j-slf4j-impl"] = found[LOG4J_GROUP, "log4j-core"]
    mixed = {key: version for key, version in found.items() if key[0] == KAFKA_GROUP and version != kafka_version}
    if mixed:
        raise ValueError(f"the class path mixes releases of Kafka: {mixed}")
    jars = []
    for (group, artifact), version in sorted(found.items()):
        content = context.project(group, artifact).at_version(version).artifact().resolve().read_bytes()
        jars.append(Jar(group, artifact, version, hashlib.sha256(content).hexdigest(), len(content)))
    return JarLock.of(kafka_version, tuple(jars))


def main(arguments: list[str]) -> None:
    import tempfile

    version = arguments[0] if arguments else KAFKA_VERSION
    path = Path(__file__).with_name(f"kafka-{version}.lock")
    with tempfile.TemporaryDirectory() as folder:
        lock = resolve(version, Path(folder))
    lock.write(path)
    sys.stderr.write(f"{path.name}: {len(lock.jars)} jars, {lock.total_bytes} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
