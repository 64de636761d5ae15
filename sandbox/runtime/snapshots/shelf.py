"""Where snapshots lie that have a name: one folder for all sandboxes of this user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.config.folders import state_root
from sandbox.config.naming import check_name
from sandbox.errors import EnvironmentFailure, InvalidFile, UnknownName
from sandbox.runtime.snapshots.archive import read_manifest
from sandbox.runtime.snapshots.manifest import Manifest

__all__ = ["ENDING", "Shelved", "place_of", "remove", "shelved"]

ENDING = ".tar.gz"
FOLDER = ".snapshots"


@dataclass(frozen=True, slots=True)
class Shelved:
    """A file on the shelf; `manifest` is None where it cannot be read, `problem` says why."""

    name: str
    path: Path
    size_bytes: int
    manifest: Manifest | None
    problem: str | None = None


def place_of(given: str) -> Path:
    """The file that NAME|FILE means: a path has a slash or ends with `.tar.gz`. Raises UsageError for a bad name."""
    if given.endswith(ENDING) or os.sep in given:
        return Path(given).expanduser().absolute()
    return state_root() / FOLDER / f"{check_name(given)}{ENDING}"


def shelved() -> list[Shelved]:
    """Every snapshot that has a name, sorted by it."""
    return [_look(path) for path in sorted((state_root() / FOLDER).glob(f"[!.]*{ENDING}"))]


def remove(given: str) -> Path:
    """Delete a snapshot. Raises UnknownName, and InvalidFile for a file that is none: nothing else is deleted."""
    path = place_of(given)
    if not path.is_file():
        known = ", ".join(each.name for each in shelved())
        raise UnknownName(f"there is no snapshot {given!r}", where=given, hint=f"there are: {known or 'none'}")
    if path.parent != state_root() / FOLDER:
        read_manifest(path)
    try:
        path.unlink()
    except OSError as error:
        raise EnvironmentFailure(f"cannot be deleted: {error.strerror}", where=str(path)) from None
    return path


def _look(path: Path) -> Shelved:
    name, size = path.name.removesuffix(ENDING), path.stat().st_size
    try:
        return Shelved(name, path, size, read_manifest(path))
    except (InvalidFile, EnvironmentFailure) as error:
        return Shelved(name, path, size, None, error.message)
