"""For maintainers: everything in this package that belongs to one release of Kafka, made anew.

    python -m sandbox.runtime.embedded.release 4.4.0

writes the lock file and the snapshot of Kafka's features. For a new release, set `lock.KAFKA_VERSION` to it afterwards,
remove the two files of the old one and run the tests. Needs the network.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox.runtime.embedded.jars import fetch_jars
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.lock import KAFKA_VERSION, Jar, JarLock
from sandbox.runtime.embedded.server_properties import listeners, server_properties
from sandbox.runtime.embedded.storage import SNAPSHOT_NAME

__all__ = ["class_path", "features_snapshot"]

KAFKA_GROUP = "org.apache.kafka"
LOG4J_GROUP = "org.apache.logging.log4j"
TIMEOUT_S = 60


def class_path(kafka_version: str, repo_cache: Path) -> JarLock:
    """The class path of a broker, by Kafka's own POM, with the log4j binding of the release of log4j in it.

    Raises ValueError when it would mix releases of Kafka.
    """
    from jgo.maven import MavenContext

    context = MavenContext(repo_cache=repo_cache, timeout=TIMEOUT_S)
    kafka = context.project(KAFKA_GROUP, "kafka_2.13").at_version(kafka_version)
    _, nodes = context.pom_dependency_list(kafka.pom())
    found = {(node.dep.groupId, node.dep.artifactId): node.dep.version for node in nodes}
    found[KAFKA_GROUP, "kafka_2.13"] = kafka_version
    found[LOG4J_GROUP, "log4j-slf4j-impl"] = found[LOG4J_GROUP, "log4j-core"]
    mixed = {name: version for name, version in found.items() if name[0] == KAFKA_GROUP and version != kafka_version}
    if mixed:
        raise ValueError(f"the class path mixes releases of Kafka: {mixed}")
    jars = []
    for (group, artifact), version in sorted(found.items()):
        content = context.project(group, artifact).at_version(version).artifact().resolve().read_bytes()
        jars.append(Jar(group, artifact, version, hashlib.sha256(content).hexdigest(), len(content)))
    return JarLock.of(kafka_version, tuple(jars))


def features_snapshot(lock: JarLock, folder: Path) -> bytes:
    """The first snapshot of a metadata log as Kafka's own `kafka-storage format` writes it. Works in `folder`."""
    jars = fetch_jars(folder / "cache", lock=lock)
    properties = folder / "server.properties"
    data_dir = folder / "data"
    properties.write_text(server_properties(data_dir, listeners(("127.0.0.1",), 9092, None), 9093), encoding="ascii")
    tool = [Java.find().executable, "-cp", ":".join(jar.name for jar in jars), "kafka.tools.StorageTool"]
    # The cluster id goes to meta.properties only, which is not kept.
    arguments = ["format", "--cluster-id", "AAAAAAAAAAAAAAAAAAAAAA", "--config", properties]
    subprocess.run([*tool, *arguments], cwd=jars[0].parent, check=True, timeout=TIMEOUT_S, stdout=subprocess.DEVNULL)
    return (data_dir / SNAPSHOT_NAME).read_bytes()


def main(arguments: list[str]) -> None:
    version = arguments[0] if arguments else KAFKA_VERSION
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory() as temporary:
        lock = class_path(version, Path(temporary) / "repository")
        snapshot = features_snapshot(lock, Path(temporary))
    lock.write(here / f"kafka-{version}.lock")
    (here / f"features-{version}.checkpoint").write_bytes(snapshot)
    sys.stderr.write(f"Kafka {version}: {len(lock.jars)} jars, {lock.total_bytes} bytes\n")


if __name__ == "__main__":
    main(sys.argv[1:])
