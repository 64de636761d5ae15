"""Training: a broker of its own goes through what every start asks for, and its JVM leaves a start-up cache at its end.

    python -m sandbox.runtime.embedded.aot CACHE_DIR [JAVA_HOME]

is the same as a process to start and to end: SIGTERM stops it in good order and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NoReturn

from sandbox.errors import ComponentFailed, EnvironmentFailure, SandboxError
from sandbox.runtime.embedded.broker import EmbeddedBroker
from sandbox.runtime.embedded.jars import fetch_jars, jars_folder
from sandbox.runtime.embedded.jdk import Java
from sandbox.runtime.embedded.lock import JarLock
from sandbox.runtime.embedded.startup_cache import JVM_FLAGS, StartupCache
from sandbox.runtime.ports import free_port

__all__ = ["cache_file", "train", "training_command"]

NICE = 15
START_LIMIT_S = 120.0
WRITE_LIMIT_S = 180.0
PROOF_LIMIT_S = 30.0
LOCK_WAIT_S = 300.0
PREFIX = "train-"
LEAVE_LIMIT_S = 3.0


def cache_file(cache_dir: Path, *, java_home: Path | None = None) -> Path:
    """Where the start-up cache of this Java is or would be. Raises EnvironmentFailure without a usable Java."""
    return StartupCache.of(cache_dir, Java.find(java_home), JarLock.read()).path


def training_command(cache_dir: Path, *, java_home: Path | None = None) -> list[str]:
    """The command line of a process that trains the cache at low priority; exit code 0 when it is there."""
    command = [sys.executable, "-P", "-m", "sandbox.runtime.embedded.aot", str(cache_dir)]
    return [*command, str(java_home)] if java_home else command


def train(
    cache_dir: Path,
    *,
    java_home: Path | None = None,
    exercise: Callable[[str], Awaitable[None]] | None = None,
) -> Path:
    """Make the start-up cache unless it is there, and return its path. Blocks for 10 to 60 seconds; needs the jars.

    `exercise` gets the bootstrap servers and works the broker (`rehearsal.rehearse` without it). Of several processes
    that train at once one does; the others wait for it. Raises FetchFailed without jars, ComponentFailed when Java
    makes no usable cache.
    """
    cache_dir = cache_dir.absolute()
    lock = JarLock.read()
    java = Java.find(java_home)
    cache = StartupCache.of(cache_dir, java, lock)
    if cache.exists():
        return cache.path
    jars = fetch_jars(cache_dir, lock=lock, offline=True)
    from filelock import FileLock, Timeout

    try:
        with FileLock(cache.folder / "train.lock", timeout=LOCK_WAIT_S):
            if not cache.exists():
                _sweep(cache.folder)
                with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=cache.folder) as folder:
                    made = asyncio.run(_record(Path(folder), cache_dir, java_home, exercise))
                    _prove(java, made, jars)
                    made.replace(cache.path)
    except Timeout as error:
        raise ComponentFailed(
            f"another process has been training the start-up cache for more than {LOCK_WAIT_S:g} s",
            where=str(cache.folder),
        ) from error
    except OSError as error:
        raise EnvironmentFailure(
            f"the start-up cache cannot be written: {error.strerror}",
            where=str(error.filename or cache.folder),
            hint="free 200 MB there or make the folder writable; Kafka starts without the cache, only slower",
        ) from error
    return cache.path


async def _record(
    folder: Path, cache_dir: Path, java_home: Path | None, exercise: Callable[[str], Awaitable[None]] | None
) -> Path:
    """Run a broker in `folder` from start to end, and return the cache that its JVM wrote."""
    if exercise is None:
        from sandbox.runtime.embedded.rehearsal import rehearse as exercise
    target = folder / "made.aot"
    broker = EmbeddedBroker(
        folder / "kafka",
        cache_dir=cache_dir,
        port=free_port(),
        listen=("127.0.0.1",),
        java_home=java_home,
        offline=True,
        record_to=target,
        nice=NICE,
    )
    try:
        broker.start()
        await broker.wait_listening(START_LIMIT_S)
        await exercise(broker.bootstrap_servers)
        await broker.stop(WRITE_LIMIT_S)
    finally:
        # Also when cancelled: the JVM and the second one that it starts to write the cache.
        if broker.pid is not None:
            broker.kill()
            await broker.wait_exit()
    if not target.is_file():
        said = " / ".join(broker.log.jvm_lines(3))
        raise ComponentFailed(f"Java {Java.find(java_home).version} made no start-up cache: {said}", where=str(folder))
    return target


def _prove(java: Java, made: Path, jars: list[Path]) -> None:
    """Raise ComponentFailed unless the JVM accepts the cache."""
    flags = StartupCache.flags_for(java, f"../{made.parent.name}/{made.name}")
    argv = [str(java.executable), *JVM_FLAGS, *flags, "-cp", ":".join(jar.name for jar in jars), "-version"]
    done = subprocess.run(
        argv, cwd=jars[0].parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PROOF_LIMIT_S, check=False
    )
    if done.returncode:
        raise ComponentFailed(
            f"Java {java.version} refuses the start-up cache it made: {done.stdout.decode(errors='replace').strip()}",
            where=str(made),
        )


def _sweep(folder: Path) -> None:
    """Remove what a training that was killed left; the caller holds the lock, so none is under way."""
    for left in folder.glob(f"{PREFIX}*/"):
        shutil.rmtree(left, ignore_errors=True)


def _leave(folder: Path) -> NoReturn:
    """Told to stop: end the broker and remove what it wrote, at once, whatever Kafka's clients are waiting for."""
    import psutil

    below = psutil.Process().children(recursive=True)
    for process in below:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(below, timeout=LEAVE_LIMIT_S)
    for left in folder.glob(f"{PREFIX}{os.getpid()}-*/"):
        shutil.rmtree(left, ignore_errors=True)
    os._exit(128 + signal.SIGTERM)


def main(arguments: list[str]) -> int:
    cache_dir = Path(arguments[0]).absolute()
    signal.signal(signal.SIGTERM, lambda *_: _leave(jars_folder(cache_dir, JarLock.read()).parent))
    os.nice(NICE)
    try:
        train(cache_dir, java_home=Path(arguments[1]) if len(arguments) > 1 else None)
    except SandboxError as error:
        sys.stderr.write(f"{error.render()}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
