"""Writes a bundle: all of it or nothing, readable by its owner only."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Iterable
from pathlib import Path

from sandbox.errors import Conflict, EnvironmentFailure

__all__ = ["add_file", "write_bundle"]


def write_bundle(target: Path, files: Iterable[tuple[str, str]], *, root: str) -> list[str]:
    """The names of the files that are in it, under the folder `root`. Raises Conflict and EnvironmentFailure."""
    if target.exists():
        raise Conflict("is there already", where=str(target), hint="choose another file")
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    names = []
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as raw, tarfile.open(fileobj=raw, mode="w:gz") as archive:
            for name, content in files:
                add_file(archive, f"{root}/{name}", content)
                names.append(name)
        part.replace(target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise EnvironmentFailure(f"the bundle cannot be written: {reason}", where=str(target)) from None
    finally:
        part.unlink(missing_ok=True)
    return names


def add_file(archive: tarfile.TarFile, name: str, content: str) -> None:
    encoded = content.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(encoded), 0o600
    archive.addfile(entry, io.BytesIO(encoded))
