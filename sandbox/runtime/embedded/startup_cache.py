"""The JVM's start-up cache (AOT cache): classes loaded and linked ahead of time, which halves Kafka's start.

One file per Java runtime, list of jars and JVM flags, beside the jars; made by `aot.train`. The JVM records its class
path in it as given, with sizes and times: the broker therefore runs in the jars' folder and names them without a
path, so that the cache folder may be moved or restored elsewhere, and every jar has one fixed time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.runtime.embedded.jars import jars_folder
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.lock import JarLock

__all__ = ["JVM_FLAGS", "StartupCache"]

# Small, and quick to start rather than quick to peak. They shape the cache, so all brokers share them.
JVM_FLAGS = (
    "-Xmx512m",
    "-Xms64m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:-UsePerfData",
    "-Djava.awt.headless=true",
)

KEPT_UNUSED_S = 14 * 24 * 3600.0

AOT_MAJOR = 25  # the first Java that makes an AOT cache in one step; older ones have class data archives


@dataclass(frozen=True, slots=True)
class StartupCache:
    """Where the cache of this Java and these jars is, and how the JVM is told to use or to make it."""

    folder: Path
    java: Java
    key: str

    @classmethod
    def of(cls, cache_dir: Path, java: Java, lock: JarLock) -> StartupCache:
        """The cache in `cache_dir` (it need not exist) that fits `java` and the jars of `lock`."""
        key = hashlib.sha256("\0".join((java.fingerprint, lock.digest, *JVM_FLAGS)).encode()).hexdigest()
        return cls(jars_folder(cache_dir, lock).parent, java, key[:16])

    @property
    def path(self) -> Path:
        return self.folder / f"start-{self.key}.aot"

    def exists(self) -> bool:
        return self.path.is_file()

    def note_use(self, now_s: float) -> None:
        """Note that it is used at `now_s` (epoch seconds), and drop the caches that nobody has used for two weeks.

        Those are of other Java releases, jars or flags, 70 MB each. A sandbox of another version that runs meanwhile
        keeps what it has open, and its next start makes a new one. In a cache folder that cannot be written all stays.
        """
        with contextlib.suppress(OSError):
            os.utime(self.path, (now_s, now_s))
            for other in self.folder.parent.glob("kafka-*/start-*.aot"):
                if other != self.path and now_s - other.stat().st_mtime > KEPT_UNUSED_S:
                    other.unlink()

    def use_flags(self) -> list[str]:
        """Flags that make the JVM use the cache or refuse to start."""
        return self.flags_for(self.java, f"../{self.path.name}")

    @staticmethod
    def flags_for(java: Java, relative: str) -> list[str]:
        """The same for a cache at `relative`, a path as seen from the jars' folder."""
        if java.major >= AOT_MAJOR:
            return [f"-XX:AOTCache={relative}", "-XX:AOTMode=on"]
        return [f"-XX:SharedArchiveFile={relative}", "-Xshare:on"]

    def record_flags(self, target: Path) -> list[str]:
        """Flags that make the JVM write a cache to `target`, a file somewhere below `folder`, when it ends."""
        relative = f"../{target.relative_to(self.folder)}"
        if self.java.major >= AOT_MAJOR:
            return [f"-XX:AOTCacheOutput={relative}"]
        return [f"-XX:ArchiveClassesAtExit={relative}"]
