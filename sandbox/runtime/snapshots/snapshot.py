"""Saving a sandbox's data and loading it, with the sandbox stopped for it and started again after."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox import __version__
from sandbox.clock import SystemClock
from sandbox.config.folders import StateFolder
from sandbox.contracts.instants import format_instant
from sandbox.errors import Conflict, EnvironmentFailure, NotRunning, SandboxError
from sandbox.runtime import launch
from sandbox.runtime.data_swap import DataSwap
from sandbox.runtime.embedded.lock import KAFKA_VERSION
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.snapshots.archive import read_manifest, unpack, write
from sandbox.runtime.snapshots.manifest import FORMAT, Manifest, Member, contract_digests, store_digests
from sandbox.runtime.team_contracts import load_contracts

__all__ = ["Snapshots"]

READY_LIMIT_S = 90.0


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Of one sandbox. `say` is told what is being done."""

    folder: StateFolder
    say: Callable[[str], None]

    def save(self, target: Path, *, overwrite: bool = False) -> Manifest:
        """Write the sandbox's data to `target`. A running sandbox is stopped for it and started again.

        Raises NotRunning when there is no such sandbox, Conflict for a file that is there, EnvironmentFailure.
        """
        if not self.folder.exists():
            raise NotRunning(f"there is no sandbox {self.folder.name}", hint="`sandbox up` makes one")
        self._refuse_containers()
        if target.exists():
            if not overwrite:
                raise Conflict("is there already", where=str(target), hint="--overwrite replaces it")
            read_manifest(target)  # nothing but a snapshot is replaced
        with self._stopped():
            DataSwap(self.folder.path).finish()
            self.say(f"writing {target}")
            return write(target, self.folder.path, self._describe)

    def load(self, source: Path) -> Manifest:
        """Put the data of a snapshot in the place of the sandbox's own; a running one is started again with it.

        Whatever fails, the data from before stays, and a sandbox that ran runs with it. Raises InvalidFile for a
        snapshot that cannot be used, with the reason, and EnvironmentFailure.
        """
        self._refuse_containers()
        self._accept(read_manifest(source), str(source))
        is_new = not self.folder.exists()
        self.folder.create()
        if is_new:
            self.folder.write_record({"project": None, "runtime": "embedded"})
        swap, done = DataSwap(self.folder.path), False
        try:
            if launch.engine_of(self.folder) is None:
                with self._held():
                    into = swap.prepare()
            else:
                into = swap.prepare()
            self.say(f"reading {source}")
            manifest = unpack(source, into, lambda found: self._accept(found, str(source)))
            with self._stopped(swap):
                swap.commit()
            done = True
        except OSError as error:
            raise EnvironmentFailure(
                f"the data cannot be put in place: {error.strerror}", where=str(self.folder.path)
            ) from None
        finally:
            swap.drop()
            if is_new and not done:
                self.folder.purge()
        swap.forget()
        return manifest

    @contextlib.contextmanager
    def _stopped(self, swap: DataSwap | None = None) -> Iterator[None]:
        """The sandbox does not run in here, and nobody can start it; after it, it runs again if it did before."""
        ran = launch.engine_of(self.folder) is not None
        if ran:
            self.say(f"stopping sandbox {self.folder.name}")
        failed = True
        try:
            launch.stop_engine(self.folder)
            with self._held():
                yield
            failed = False
        finally:
            if ran:
                self._start(None if failed else swap)

    def _start(self, swap: DataSwap | None) -> None:
        """As it ran before. If it does not start with the data of `swap`, once more with what was there before it."""
        launch.stop_engine(self.folder)  # an interruption may have come while it stopped
        self.say(f"starting sandbox {self.folder.name}")
        plan = EnginePlan.read(self.folder.plan_file)
        process = launch.launch(plan, self.folder)
        try:
            launch.wait_ready(self.folder, process, timeout_s=READY_LIMIT_S)
        except BaseException as error:
            if swap is None or not isinstance(error, SandboxError):
                raise
            self.say(f"it does not start with that data: {error.message}; back to what was there before")
            launch.stop_engine(self.folder)
            swap.undo()
            self._start(None)
            raise

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """The lock that an engine takes when it starts. Raises Conflict when somebody has it."""
        lock = os.open(self.folder.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise Conflict(
                f"sandbox {self.folder.name} is being started or used", hint="try again in a few seconds"
            ) from None
        finally:
            os.close(lock)

    def _refuse_containers(self) -> None:
        if self.folder.record().get("runtime") == "docker":
            raise EnvironmentFailure(
                "snapshots are made of embedded sandboxes only: this one keeps its data in Docker's volumes",
                where=self.folder.name,
                hint="use `--runtime embedded` under another name",
            )

    def _accept(self, manifest: Manifest, where: str) -> None:
        """Raises InvalidFile for data of another kind, EnvironmentFailure where there is no room for it."""
        manifest.refuse_other(where, kafka=KAFKA_VERSION, stores=store_digests(), contracts=self._contracts())
        root = next(each for each in (self.folder.path, *self.folder.path.parents) if each.exists())
        free = shutil.disk_usage(root).free
        if free < manifest.size:
            raise EnvironmentFailure(
                f"the snapshot takes {manifest.size / 1e6:.0f} MB, {free / 1e6:.0f} MB are free",
                where=str(root),
                hint="make room there; nothing was changed",
            )

    def _contracts(self) -> dict[str, str]:
        plan = EnginePlan.read(self.folder.plan_file) if self.folder.plan_file.is_file() else None
        return contract_digests(load_contracts(plan.contracts if plan else None))

    def _describe(self, members: dict[str, Member]) -> Manifest:
        return Manifest(
            format=FORMAT,
            sandbox=__version__,
            name=self.folder.name,
            saved=format_instant(SystemClock().now_ms()),
            kafka=KAFKA_VERSION,
            stores=store_digests(),
            contracts=self._contracts(),
            members=members,
        )
