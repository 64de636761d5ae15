"""The file of a snapshot: a gzipped tar whose first member says what all others are."""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from sandbox.errors import EnvironmentFailure, InvalidFile
from sandbox.runtime.data_swap import PARTS
from sandbox.runtime.embedded.storage import ended_cleanly
from sandbox.runtime.snapshots.manifest import Manifest, Member, file_digest

__all__ = ["read_manifest", "unpack", "write"]

MANIFEST = "manifest.json"
MANIFEST_LIMIT_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 1024 * 1024
COMPRESSION = 1
"""Kafka's data is mostly zeros and already compressed batches: more effort gains little."""
LEFT_OUT = frozenset({".lock", "server.properties"})
"""Made anew at each start."""
INDEXES = (".index", ".timeindex")
"""After a crash they are ten megabytes of room each, and Kafka makes them anew then."""


def write(target: Path, folder: Path, describe: Callable[[dict[str, Member]], Manifest]) -> Manifest:
    """Write the data of a state folder to `target`, all of it or nothing. Raises EnvironmentFailure."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        files = dict(_files(folder))
        members = {name: Member(size=path.stat().st_size, sha256=file_digest(path)) for name, path in files.items()}
        manifest = describe(members)
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as raw:
            _write_members(raw, manifest, files)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(target)
    except OSError as error:
        raise _disk("the snapshot cannot be written", error, target) from None
    finally:
        part.unlink(missing_ok=True)
    return manifest


def read_manifest(path: Path) -> Manifest:
    """Raises InvalidFile, or EnvironmentFailure when there is no such file to read."""
    with _opened(path) as archive:
        return _manifest(archive, path)


def unpack(path: Path, into: Path, accept: Callable[[Manifest], None]) -> Manifest:
    """Put the files of a snapshot into the empty folder `into`, each checked against its checksum.

    `accept` may refuse the manifest before anything is written. Raises InvalidFile and EnvironmentFailure; what is in
    `into` is then of no use.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        accept(manifest)
        missing = dict(manifest.members)
        try:
            for part in PARTS:
                (into / part).mkdir(mode=0o700)
            while (entry := archive.next()) is not None:
                member = missing.pop(entry.name, None)
                content = archive.extractfile(entry) if entry.isreg() else None
                if member is None or content is None:
                    raise InvalidFile(f"holds {entry.name!r}, which its manifest does not name", where=str(path))
                _unpack_one(content, into / entry.name, member, path)
        except gzip.BadGzipFile:
            raise
        except OSError as error:
            raise _disk("the snapshot cannot be unpacked", error, into) from None
        if missing:
            raise InvalidFile(f"is damaged: {next(iter(missing))} is missing", where=str(path))
    return manifest


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    left_out = () if ended_cleanly(folder / "kafka" / "logs") else INDEXES
    for part in PARTS:
        for path in sorted((folder / part).rglob("*")):
            if path.suffix in left_out:
                continue
            if path.is_file() and not path.is_symlink() and path.name not in LEFT_OUT:
                yield path.relative_to(folder).as_posix(), path


def _write_members(raw: IO[bytes], manifest: Manifest, files: dict[str, Path]) -> None:
    with tarfile.open(fileobj=raw, mode="w:gz", compresslevel=COMPRESSION, format=tarfile.PAX_FORMAT) as archive:
        text = manifest.model_dump_json(indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        archive.addfile(entry, io.BytesIO(text))
        for name, path in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = manifest.members[name].size, 0o600, int(path.stat().st_mtime)
            with path.open("rb") as file:
                archive.addfile(entry, file)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    """Whatever is wrong with the archive itself becomes InvalidFile."""
    try:
        with tarfile.open(path, mode="r:gz") as archive:
            yield archive
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise InvalidFile(f"is damaged, or no snapshot: {error}", where=str(path)) from None
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise EnvironmentFailure("there is no such snapshot", where=str(path), hint=SHOWN) from None
        raise InvalidFile(f"is damaged, or no snapshot: {error}", where=str(path)) from None


SHOWN = "`sandbox snapshot list` shows those that have a name"


def _manifest(archive: tarfile.TarFile, path: Path) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first is not None and first.isreg() else None
    if first is None or content is None or first.name != MANIFEST or first.size > MANIFEST_LIMIT_BYTES:
        raise InvalidFile("is no snapshot of a sandbox: it does not begin with a manifest", where=str(path))
    return Manifest.read(content.read(), str(path))


def _unpack_one(content: IO[bytes], target: Path, member: Member, path: Path) -> None:
    digest, left = hashlib.sha256(), member.size
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while chunk := content.read(CHUNK_BYTES):
            left -= len(chunk)
            if left < 0:
                break
            digest.update(chunk)
            file.write(chunk)
    if left or digest.hexdigest() != member.sha256:
        raise InvalidFile(f"is damaged: {target.name} is not what its checksum says", where=str(path))


def _disk(doing: str, error: OSError, where: Path) -> EnvironmentFailure:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    hint = "make room there; nothing was changed" if full else "nothing was changed"
    reason = "the disk is full" if full else error.strerror or str(error)
    return EnvironmentFailure(f"{doing}: {reason}", where=str(where), hint=hint)
