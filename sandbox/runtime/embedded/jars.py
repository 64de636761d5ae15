"""Kafka's jars in the user's cache folder: fetched once, verified, shared by every sandbox.

`fetch_jars` is the way in. A jar in the folder is a whole and verified one: it is downloaded elsewhere, checked
against the lock file and moved into place in one step. All jars carry one fixed modification time, because the JVM's
start-up cache records the times of its class path and is refused when they differ.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Protocol

from sandbox.errors import FetchFailed
from sandbox.runtime.embedded.lock import Jar, JarLock

__all__ = ["FIXED_MTIME_S", "FetchProgress", "fetch_jars", "jars_folder"]

FIXED_MTIME_S = 1_000_000_000
THREADS = 8
LOCK_WAIT_S = 600
STAMP = "verified.json"


class FetchProgress(Protocol):
    """What a progress bar needs to know; nothing is called when there is nothing to fetch."""

    def start(self, total_bytes: int, jars: int) -> None: ...

    def advance(self, size_bytes: int) -> None:
        """So many bytes more, or fewer when a download begins again. Called from several threads."""

    def finish(self) -> None:
        """The last call, after a failure too."""


def jars_folder(cache_dir: Path, lock: JarLock) -> Path:
    """The folder that holds the jars of `lock`."""
    return cache_dir / f"kafka-{lock.kafka_version}-{lock.digest[:12]}" / "libs"


def fetch_jars(
    cache_dir: Path,
    *,
    lock: JarLock | None = None,
    offline: bool = False,
    mirror: str | None = None,
    progress: FetchProgress | None = None,
) -> list[Path]:
    """The verified jars of `lock` in class path order, downloading what is missing or damaged.

    `mirror` is a Maven repository to use instead of the usual one, an address or a folder. When everything is
    there already this reads no jar and imports nothing outside the standard library. Blocks; call it in a thread from
    async code. Raises FetchFailed, always with a way out, and leaves no half a jar behind.
    """
    lock = lock or JarLock.read()
    folder = jars_folder(cache_dir, lock)
    paths = [folder / jar.file_name for jar in lock.jars]
    if _stamp_holds(folder, lock):
        return paths
    try:
        folder.mkdir(parents=True, exist_ok=True)
        from filelock import FileLock, Timeout

        try:
            with FileLock(folder.parent / "fetch.lock", timeout=LOCK_WAIT_S):
                if not _stamp_holds(folder, lock):
                    _complete(folder, lock, offline=offline, mirror=mirror, progress=progress)
        except Timeout as error:
            raise FetchFailed(
                f"another process has been fetching Kafka's jars for more than {LOCK_WAIT_S} s",
                where=str(folder),
                hint="end that process, then try again",
            ) from error
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and not _damaged(folder, lock):
            return paths  # a complete cache folder that may only be read will do
        raise _storage_error(error, cache_dir, lock.total_bytes) from error
    return paths


def _stamp_holds(folder: Path, lock: JarLock) -> bool:
    """Whether every jar was verified and nobody has touched it since: same size, modification and change time.

    In a cache folder that was copied or restored the change times differ, and everything is verified once more.
    """
    try:
        stamp = json.loads((folder.parent / STAMP).read_bytes())
        return stamp["digest"] == lock.digest and all(
            stamp["jars"][jar.file_name] == _trait(folder / jar.file_name) for jar in lock.jars
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _trait(path: Path) -> list[int]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


def _complete(
    folder: Path, lock: JarLock, *, offline: bool, mirror: str | None, progress: FetchProgress | None
) -> None:
    """Verify every jar, download what does not hold, then note that all of them do. The caller holds the lock."""
    missing = _damaged(folder, lock)
    if missing and offline:
        raise FetchFailed(
            f"{len(missing)} of Kafka's {len(lock.jars)} jars are missing or damaged, and may not be fetched offline",
            where=str(folder),
            hint="run `sandbox prepare` once with a network, or copy a complete cache folder here",
        )
    if missing:
        from sandbox.runtime.embedded.download import Download

        Download(folder, missing, mirror=mirror, progress=progress).run(THREADS)
    for jar in lock.jars:
        os.utime(folder / jar.file_name, (FIXED_MTIME_S, FIXED_MTIME_S))
    stamp = {"digest": lock.digest, "jars": {jar.file_name: _trait(folder / jar.file_name) for jar in lock.jars}}
    temporary = folder.parent / f"{STAMP}.new"
    temporary.write_text(json.dumps(stamp), encoding="utf-8")
    temporary.replace(folder.parent / STAMP)


def _damaged(folder: Path, lock: JarLock) -> list[Jar]:
    """The jars that are not there or not what the lock file says, by reading them all."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS, thread_name_prefix="verify") as pool:
        good = list(pool.map(lambda jar: _is_good(folder / jar.file_name, jar), lock.jars))
    return [jar for jar, is_good in zip(lock.jars, good, strict=True) if not is_good]


def _is_good(path: Path, jar: Jar) -> bool:
    try:
        if path.stat().st_size != jar.size_bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == jar.sha256
    except OSError:
        return False


def _storage_error(error: OSError, cache_dir: Path, total_bytes: int) -> FetchFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FetchFailed(
            "the disk is full",
            where=str(cache_dir),
            hint=f"free {total_bytes // 1_000_000 + 1} MB there, or set SANDBOX_CACHE_DIR to a folder on another disk",
        )
    return FetchFailed(
        f"the cache folder cannot be written: {error.strerror or error}",
        where=str(error.filename or cache_dir),
        hint="make the folder writable, or set SANDBOX_CACHE_DIR to one that is",
    )
