"""Downloading jars by Maven coordinates, several at once, with the library `jgo`.

jgo knows where artifacts are; the transfer itself is ours, because every byte is to be counted, any attempt may be
repeated or called off, and the lock file's SHA-256 makes the repository's own checksums needless.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from jgo.maven import Artifact, MavenContext, PythonResolver
from requests.adapters import HTTPAdapter

from sandbox.errors import FetchFailed
from sandbox.runtime.embedded.lock import Jar

if TYPE_CHECKING:
    from sandbox.runtime.embedded.jars import FetchProgress

__all__ = ["Download"]

TIMEOUT_S = 15
ATTEMPTS = 3
RETRY_WAIT_S = 0.5
CHUNK_BYTES = 65_536
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

    def run(self, threads: int) -> None:
        """Raises FetchFailed for the network and for checksums, OSError for the disk."""
        for left in self._folder.parent.glob(f"{PREFIX}*/"):
            shutil.rmtree(left, ignore_errors=True)
        if self._progress:
            self._progress.start(sum(jar.size_bytes for jar in self._jars), len(self._jars))
        try:
            with (
                tempfile.TemporaryDirectory(prefix=PREFIX, dir=self._folder.parent) as repo_cache,
                requests.Session() as session,
                ThreadPoolExecutor(threads, thread_name_prefix="fetch") as pool,
            ):
                for scheme in ("http://", "https://"):
                    session.mount(scheme, HTTPAdapter(pool_maxsize=threads))
                context = self._context(Path(repo_cache), session)
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

    def _context(self, repo_cache: Path, session: requests.Session) -> MavenContext:
        resolver = _Resolver(session, self._advance)
        if not self._mirror:
            return MavenContext(resolver, repo_cache=repo_cache)
        folder = self._mirror.removeprefix("file://")
        if "://" not in folder:
            local_repos = [Path(folder).expanduser()]
            return MavenContext(resolver, repo_cache=repo_cache, local_repos=local_repos, remote_repos={})
        return MavenContext(resolver, repo_cache=repo_cache, remote_repos={"mirror": self._mirror.rstrip("/")})

    def _fetch(self, context: MavenContext, jar: Jar) -> None:
        path = self._resolve(context, jar)
        if not path.is_relative_to(context.repo_cache):  # it belongs to a mirror that is a folder
            path = Path(shutil.copy(path, context.repo_cache))
            self._advance(path.stat().st_size)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != jar.sha256:
            raise FetchFailed(
                f"{jar.coordinates} has SHA-256 {found}, expected {jar.sha256}",
                where=jar.file_name,
                hint="what came is not the released jar: check the mirror or proxy in between, then try again",
            )
        path.replace(self._folder / jar.file_name)

    def _resolve(self, context: MavenContext, jar: Jar) -> Path:
        artifact = context.project(jar.group, jar.artifact).at_version(jar.version).artifact(jar.classifier)
        for attempt in range(ATTEMPTS):
            self._cancelled.wait(RETRY_WAIT_S * attempt)
            try:
                return artifact.resolve()
            except requests.RequestException as error:
                failure = FetchFailed(
                    f"{jar.coordinates} could not be fetched: {_reason(error)}", where=jar.file_name, hint=NETWORK_HINT
                )
            except RuntimeError as error:  # what jgo raises when no repository has it
                raise FetchFailed(
                    f"the Maven repository does not have {jar.coordinates}",
                    where=jar.file_name,
                    hint="if a mirror is configured, check that it has this artifact; else try again later",
                ) from error
        raise failure

    def _advance(self, size_bytes: int) -> None:
        if self._cancelled.is_set():
            raise _Cancelled
        if self._progress:
            self._progress.advance(size_bytes)


class _Resolver(PythonResolver):
    """Transfers a file to jgo's cache folder over `session`, telling `advance` each time some bytes have come."""

    def __init__(self, session: requests.Session, advance: Callable[[int], None]) -> None:
        super().__init__()
        self._session = session
        self._advance = advance

    def download(self, artifact: Artifact) -> Path | None:
        for repository in artifact.context.remote_repos.values():
            url = f"{repository}/{artifact.component.path_prefix.as_posix()}/{artifact.filename}"
            with self._session.get(url, stream=True, timeout=TIMEOUT_S) as response:
                if response.status_code != requests.codes.not_found:
                    response.raise_for_status()
                    return self._save(response, artifact.cached_path)
        return None

    def _save(self, response: requests.Response, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        saved_bytes = 0
        try:
            with path.open("wb") as file:
                for chunk in response.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    self._advance(len(chunk))
                    saved_bytes += len(chunk)
        except requests.RequestException:
            # jgo would take half a file for the whole the next time.
            path.unlink()
            self._advance(-saved_bytes)
            raise
        return path


def _reason(error: requests.RequestException) -> str:
    return type(error).__name__ if error.response is None else f"HTTP {error.response.status_code}"
