"""Kafka's jars in the user's cache folder: fetched once, verified, shared by every sandbox.

`fetch_jars` is the way in. Each jar is downloaded to a folder of its own, checked against the lock file and moved into
place in one step, so that a jar in the folder is a whole jar. All jars carry one fixed modification time: the JVM's
start-up cache records the times of its class path and is refused when they differ.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import tempfile
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
    """What a progress bar needs to know. Called from several threads."""

    def start(self, total_bytes: int, jars: int) -> None: ...

    def advance(self, size_bytes: int) -> None: ...

    def finish(self) -> None: ...


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

    `mirror` is the address of a Maven repository to use instead of the usual one. When everything is there already
    this reads no jar and imports nothing outside the standard library. Blocks; call it in a thread from async code.
    Raises FetchFailed, always with a way out, and leaves no half a jar behind.
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
        raise _storage_error(error, cache_dir, lock.total_bytes) from error
    return paths


def _stamp_holds(folder: Path, lock: JarLock) -> bool:
    """Whether every jar was verified and has not been written to since: same size and same change time.

    A copied cache folder has other change times and is verified once more; a jar whose modification time alone was
    lost gets it back here.
    """
    try:
        stamp = json.loads((folder.parent / STAMP).read_bytes())
        if stamp["digest"] != lock.digest:
            return False
        seen = stamp["jars"]
        for jar in lock.jars:
            status = (folder / jar.file_name).stat()
            if seen[jar.file_name] != [status.st_size, status.st_mtime_ns, status.st_ctime_ns]:
                return False
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _complete(
    folder: Path, lock: JarLock, *, offline: bool, mirror: str | None, progress: FetchProgress | None
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(THREADS, thread_name_prefix="fetch") as pool:
        good = list(pool.map(lambda jar: _is_good(folder / jar.file_name, jar), lock.jars))
        missing = [jar for jar, is_good in zip(lock.jars, good, strict=True) if not is_good]
        if missing and offline:
            raise FetchFailed(
                f"{len(missing)} of Kafka's {len(lock.jars)} jars are missing or damaged, and offline mode is on",
                where=str(folder),
                hint="run `sandbox prepare` once with a network, or copy a complete cache folder here",
            )
        if missing:
            _download_all(pool, folder, missing, mirror, progress)
    for jar in lock.jars:
        os.utime(folder / jar.file_name, (FIXED_MTIME_S, FIXED_MTIME_S))
    _write_stamp(folder, lock)


def _download_all(pool, folder: Path, missing: list[Jar], mirror: str | None, progress: FetchProgress | None) -> None:
    if progress:
        progress.start(sum(jar.size_bytes for jar in missing), len(missing))
    try:
        with tempfile.TemporaryDirectory(prefix="fetch-", dir=folder.parent) as temporary:
            context = _context(Path(temporary), mirror, progress)
            futures = [pool.submit(_download, context, jar, folder) for jar in missing]
            try:
                for future in futures:
                    future.result()
            finally:
                for future in futures:
                    future.cancel()
                for future in futures:
                    if not future.cancelled():
                        future.exception()
    finally:
        if progress:
            progress.finish()


def _context(repo_cache: Path, mirror: str | None, progress: FetchProgress | None):
    from contextlib import contextmanager

    from jgo.maven import MavenContext, PythonResolver

    @contextmanager
    def report(_name: str, _size_bytes: int):
        yield progress.advance if progress else lambda _: None

    resolver = PythonResolver()
    resolver.progress_callback = report
    remote_repos = {"mirror": mirror.rstrip("/")} if mirror else None
    return MavenContext(resolver, repo_cache=repo_cache, remote_repos=remote_repos, timeout=30)


def _download(context, jar: Jar, folder: Path) -> None:
    import requests

    artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier)
    try:
        path = artifact.resolve()
    except requests.RequestException as error:
        raise FetchFailed(
            f"{jar.coordinates} could not be fetched: {type(error).__name__}",
            where=jar.file_name,
            hint="check the network (and HTTPS_PROXY), name a reachable Maven repository as mirror, "
            "or copy a filled cache folder and use --offline",
        ) from error
    except (RuntimeError, ValueError) as error:
        raise FetchFailed(
            f"{jar.coordinates} could not be fetched: {error}",
            where=jar.file_name,
            hint="try again; if a mirror is configured, check that it serves this artifact",
        ) from error
    found = _sha256(path)
    if found != jar.sha256:
        raise FetchFailed(
            f"{jar.coordinates} has SHA-256 {found}, expected {jar.sha256}",
            where=jar.file_name,
            hint="what was downloaded is not the released jar: check the mirror or proxy in between, then try again",
        )
    path.replace(folder / jar.file_name)


def _is_good(path: Path, jar: Jar) -> bool:
    return path.is_file() and path.stat().st_size == jar.size_bytes and _sha256(path) == jar.sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_stamp(folder: Path, lock: JarLock) -> None:
    seen = {}
    for jar in lock.jars:
        status = (folder / jar.file_name).stat()
        seen[jar.file_name] = [status.st_size, status.st_mtime_ns, status.st_ctime_ns]
    temporary = folder.parent / f"{STAMP}.new"
    temporary.write_text(json.dumps({"digest": lock.digest, "jars": seen}), encoding="utf-8")
    temporary.replace(folder.parent / STAMP)


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
