"""What the services' image is built from: this package's own files, and Compose's beside them.

A checkout and an installed wheel give the same folder, so that an image can be built outside a clone too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.config.folders import share_dir
from sandbox.errors import EnvironmentFailure

__all__ = ["Sources"]

PACKAGE = Path(__file__).parent.parent.parent
LEFT_OUT = {"_share", "cli", "tui", "pytest_plugin", "scenarios", "__pycache__"}
LEFT_OUT_RUNTIMES = {"embedded", "docker"}
COMPOSE_FILES = ("Dockerfile", "requirements.txt")


class Sources:
    """`wheels` is a folder of wheels to install from instead of an index (`SANDBOX_WHEELS`)."""

    def __init__(self, wheels: Path | None = None) -> None:
        self.wheels = wheels

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Sources:
        given = (os.environ if environ is None else environ).get("SANDBOX_WHEELS")
        return cls(Path(given).expanduser().absolute() if given else None)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Path in the build context → file, in order."""
        compose = share_dir("compose")
        for name in COMPOSE_FILES:
            yield f"compose/{name}", compose / name
        yield from _walk(PACKAGE, "sandbox", LEFT_OUT)

    def digest(self) -> str:
        """Changes with anything that the image would hold."""
        digest = hashlib.sha256()
        for name, path in self.files():
            content = path.read_bytes()
            digest.update(f"{name}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()[:16]

    @contextmanager
    def staged(self, parent: Path) -> Iterator[Path]:
        """The build context, laid out in a folder of its own below `parent` meanwhile. Raises EnvironmentFailure."""
        with ExitStack() as stack:
            try:
                parent.mkdir(parents=True, exist_ok=True)
                folder = Path(stack.enter_context(TemporaryDirectory(prefix="context-", dir=parent)))
                self._lay_out(folder)
            except OSError as error:
                raise EnvironmentFailure(
                    f"the image's sources cannot be laid out: {error.strerror}",
                    where=str(error.filename or parent),
                    hint="free some space, set SANDBOX_CACHE_DIR to a folder with some, or check SANDBOX_WHEELS",
                ) from None
            yield folder

    def _lay_out(self, folder: Path) -> None:
        for name, path in self.files():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        if self.wheels is not None:
            shutil.copytree(self.wheels, folder / "compose" / "wheels")


def _walk(folder: Path, name: str, left_out: set[str]) -> Iterator[tuple[str, Path]]:
    for entry in sorted(folder.iterdir()):
        if entry.name in left_out or entry.name.endswith((".pyc", ".part")):
            continue
        if entry.is_dir():
            inner = LEFT_OUT_RUNTIMES | {"__pycache__"} if entry.name == "runtime" else {"__pycache__"}
            yield from _walk(entry, f"{name}/{entry.name}", inner)
        else:
            yield f"{name}/{entry.name}", entry
