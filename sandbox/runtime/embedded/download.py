"""Downloading jars by Maven coordinates, several at once, through the library `jgo`."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from jgo.maven import MavenContext, PythonResolver

from sandbox.errors import FetchFailed
from sandbox.runtime.embedded.lock import Jar

if TYPE_CHECKING:
    from sandbox.runtime.embedded.jars import FetchProgress

__all__ = ["Download"]

TIMEOUT_S = 15
ATTEMPTS = 3
RETRY_WAIT_S = 0.5
PREFIX = "fetch-"

NETWORK_HINT = (
    "check the network and HTTPS_PROXY, name a reachable Maven repository as the mirror, "
    "or copy a complete cache folder here and use --offline"
)


class _Cancelled(Exception):
    """Another jar has failed, or Ctrl-C came: this download need not go on."""


class Download:
    """Brings `jars` into `folder` from a Maven repository: the usual one, or `mirror`, an address or a folder.

    The first failure ends the others; what is complete by then stays.
    """

    def __init__(
        self, folder: Path, jars: list[Jar], *, mirror: str | None = None, progress: FetchProgress | None = None
    ) -> None:
        self._folder = folder
        self._jars = jars
        self._mirror = mirror
        self._progress = progress
        self._cancelled = threading.Event()
        self._reported: dict[str, int] = {}

    def run(self, threads: int) -> None:
        """Raises FetchFailed for the network and for checksums, OSError for the disk."""
        for left in self._folder.parent.glob(f"{PREFIX}*/"):
            shutil.rmtree(left, ignore_errors=True)
        if self._progress:
            self._progress.start(sum(jar.size_bytes for jar in self._jars), len(self._jars))
        try:
            with (
                tempfile.TemporaryDirectory(prefix=PREFIX, dir=self._folder.parent) as repo_cache,
                ThreadPoolExecutor(threads, thread_name_prefix="fetch") as pool,
            ):
                context = self._context(Path(repo_cache))
                # The largest first, so that none is left over at the end.
                by_size = sorted(self._jars, key=lambda jar: -jar.size_bytes)
                try:
                    done, _ = wait([pool.submit(self._fetch, context, jar) for jar in by_size], None, FIRST_EXCEPTION)
                finally:
                    self._cancelled.set()
                    pool.shutdown(cancel_futures=True)
            for failure in filter(None, (future.exception() for future in done)):
                raise failure
        finally:
            if self._progress:
                self._progress.finish()

    def _context(self, repo_cache: Path) -> MavenContext:
        resolver = PythonResolver()
        resolver.progress_callback = self._meter
        if not self._mirror:
            return MavenContext(resolver, repo_cache=repo_cache, timeout=TIMEOUT_S)
        folder = self._mirror.removeprefix("file://")
        if "://" not in folder:
            local_repos = [Path(folder).expanduser()]
            return MavenContext(resolver, repo_cache=repo_cache, local_repos=local_repos, remote_repos={})
        remote_repos = {"mirror": self._mirror.rstrip("/")}
        return MavenContext(resolver, repo_cache=repo_cache, remote_repos=remote_repos, timeout=TIMEOUT_S)

    def _fetch(self, context: MavenContext, jar: Jar) -> None:
        path = self._resolve(context, jar)
        if not path.is_relative_to(context.repo_cache):  # it belongs to a mirror that is a folder
            path = Path(shutil.copy(path, context.repo_cache))
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != jar.sha256:
            raise FetchFailed(
                f"{jar.coordinates} has SHA-256 {found}, expected {jar.sha256}",
                where=jar.file_name,
                hint="what came is not the released jar: check the mirror or proxy in between, then try again",
            )
        path.replace(self._folder / jar.file_name)
        self._advance(jar.file_name, jar.size_bytes - self._reported.get(jar.file_name, 0))

    def _resolve(self, context: MavenContext, jar: Jar) -> Path:
        artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier)
        for attempt in range(ATTEMPTS):
            if attempt:
                # A broken attempt leaves half a file, which the next one would take for the whole.
                artifact.cached_path.unlink(missing_ok=True)
                self._advance(jar.file_name, -self._reported.get(jar.file_name, 0))
                self._cancelled.wait(RETRY_WAIT_S * attempt)
            if self._cancelled.is_set():
                raise _Cancelled
            try:
                return artifact.resolve()
            except requests.RequestException as error:
                failure = FetchFailed(
                    f"{jar.coordinates} could not be fetched: {type(error).__name__}",
                    where=jar.file_name,
                    hint=NETWORK_HINT,
                )
            except (RuntimeError, ValueError, LookupError):  # what jgo raises for any answer but a jar
                failure = FetchFailed(
                    f"the Maven repository does not give out {jar.coordinates}",
                    where=jar.file_name,
                    hint="try again later; if a mirror is configured, check that it has this artifact",
                )
        raise failure

    @contextmanager
    def _meter(self, file_name: str, _size_bytes: int) -> Iterator[Callable[[int], None]]:
        def advance(size_bytes: int) -> None:
            if self._cancelled.is_set():
                raise _Cancelled
            self._advance(file_name, size_bytes)

        yield advance

    def _advance(self, file_name: str, size_bytes: int) -> None:
        self._reported[file_name] = self._reported.get(file_name, 0) + size_bytes
        if self._progress:
            self._progress.advance(size_bytes)
