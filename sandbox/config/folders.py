"""Where a sandbox keeps its things: one cache for all of them, one state folder each.

cache   SANDBOX_CACHE_DIR, else the platform's cache folder / butterfly-sandbox     jars, AOT caches
state   SANDBOX_STATE_ROOT, else the platform's state folder / butterfly-sandbox    one folder a sandbox
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.errors import EnvironmentFailure

__all__ = ["StateFolder", "cache_dir", "state_root"]

APP = "butterfly-sandbox"
MARKER = "sandbox.json"


def cache_dir() -> Path:
    if given := os.environ.get("SANDBOX_CACHE_DIR"):
        return Path(given).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path(APP)


def state_root() -> Path:
    if given := os.environ.get("SANDBOX_STATE_ROOT"):
        return Path(given).expanduser().absolute()
    import platformdirs

    return platformdirs.user_state_path(APP)


def share_dir(name: str) -> Path:
    """The folder of shipped files (`scenarios`, `compose`): inside the wheel, or at the top of a checkout."""
    packaged = Path(__file__).parent.parent / "_share" / name
    return packaged if packaged.is_dir() else Path(__file__).parent.parent.parent / name


class StateFolder:
    """One sandbox's folder, readable by its owner only.

    `sandbox.json` the recorded choices · `token` · `engine.json` the running engine · `logs/` · `kafka/` · `stores/`
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    @classmethod
    def of(cls, name: str) -> StateFolder:
        return cls(state_root() / name)

    @classmethod
    def all(cls) -> Iterator[StateFolder]:
        root = state_root()
        if root.is_dir():
            yield from (cls(path) for path in sorted(root.iterdir()) if (path / MARKER).is_file())

    @property
    def token_file(self) -> Path:
        return self.path / "token"

    @property
    def engine_file(self) -> Path:
        return self.path / "engine.json"

    @property
    def plan_file(self) -> Path:
        return self.path / "plan.json"

    @property
    def lock_file(self) -> Path:
        """Beside the folder, so that removing the folder does not remove a held lock."""
        return self.path.with_name(f".{self.name}.lock")

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def kafka(self) -> Path:
        return self.path / "kafka"

    @property
    def stores(self) -> Path:
        return self.path / "stores"

    def exists(self) -> bool:
        return (self.path / MARKER).is_file()

    def create(self) -> None:
        """Make the folder and its token. Raises EnvironmentFailure when that is not allowed."""
        try:
            for folder in (self.path, self.logs, self.stores):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.token_file.is_file():
                self._write_private(self.token_file, secrets.token_urlsafe(32))
        except OSError as error:
            raise EnvironmentFailure(
                f"the state folder cannot be written: {error.strerror}",
                where=str(self.path),
                hint="make it writable, or set SANDBOX_STATE_ROOT to a folder that is",
            ) from None

    def token(self) -> str | None:
        try:
            return self.token_file.read_text(encoding="ascii").strip()
        except OSError:
            return None

    def record(self) -> dict[str, Any]:
        """The recorded choices, `{}` when there are none."""
        return read_json(self.path / MARKER)

    def write_record(self, record: dict[str, Any]) -> None:
        self._write_private(self.path / MARKER, json.dumps(record, indent=2))

    def write_json(self, path: Path, data: dict[str, Any]) -> None:
        """Write a file of this folder so that nobody ever reads half of it."""
        self._write_private(path, json.dumps(data, indent=2))

    def remove_data(self) -> None:
        """Drop Kafka's data, the stores and the logs; the name, its ports and its token stay."""
        for folder in (self.kafka, self.stores, self.logs):
            shutil.rmtree(folder, ignore_errors=True)

    def purge(self) -> None:
        """Remove the folder, which only a sandbox made: refuses one without its marker."""
        if self.exists():
            shutil.rmtree(self.path, ignore_errors=True)
            self.lock_file.unlink(missing_ok=True)

    @staticmethod
    def _write_private(path: Path, text: str) -> None:
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file, `{}` when there is no such file or it holds no object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
