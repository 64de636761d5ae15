"""Saving a sandbox's data and loading it, with the sandbox stopped for it and started again after."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import time
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
from sandbox.runtime.owner import Owner
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.snapshots.archive import read_manifest, unpack, write
from sandbox.runtime.snapshots.manifest import FORMAT, Manifest, Member, contract_digests, store_digests
from sandbox.runtime.team_contracts import load_contracts

__all__ = ["Snapshots"]

READY_LIMIT_S = 90.0
LOCK_LIMIT_S = 5.0
POLL_S = 0.02


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
        ran = launch.engine_of(self.folder) is not None
        try:
            self._stop(ran)
            with self._held():
                DataSwap(self.folder.path).recover()
                self.say(f"writing {target}")
                return write(target, self.folder.path, self._describe)
        finally:
            if ran:
                self._start()

    def load(self, source: Path) -> Manifest:
        """Put the data of a snapshot in the place of the sandbox's own; a running one is started again with it.

        Whatever fails, the data from before stays, and a sandbox that ran runs with it. Raises InvalidFile for a
        snapshot that cannot be used, with the reason, Conflict and EnvironmentFailure.
        """
        self._refuse_containers()
        self._accept(read_manifest(source), str(source))
        is_new = not self.folder.exists()
        self.folder.create()
        if is_new:
            self.folder.write_record({"project": None, "runtime": "embedded"})
        done = False
        try:
            manifest = self._load(source)
            done = True
        except OSError as error:
            raise EnvironmentFailure(
                f"the data cannot be put in place: {error.strerror}", where=str(self.folder.path)
            ) from None
        finally:
            if is_new and not done:
                self.folder.purge()
        return manifest

    def _load(self, source: Path) -> Manifest:
        swap = DataSwap(self.folder.path)
        swap.begin()
        try:
            if swap.is_open:  # somebody else's load was killed
                with self._held():
                    swap.undo()
            self.say(f"reading {source}")
            manifest = unpack(source, swap.prepare(), lambda found: self._accept(found, str(source)))
            self._put_in_place(swap)
        finally:
            swap.end()
        return manifest

    def _put_in_place(self, swap: DataSwap) -> None:
        """The new data is confirmed once a sandbox that ran is ready with it."""
        ran = launch.engine_of(self.folder) is not None
        try:
            self._stop(ran)
            with self._held():
                swap.commit()
                if not ran:
                    swap.confirm()
            if ran:
                self._start()
                swap.confirm()
        except BaseException as error:
            self._take_back(swap, ran, error)
            raise

    def _take_back(self, swap: DataSwap, ran: bool, error: BaseException) -> None:
        reason = error.message if isinstance(error, SandboxError) else str(error) or "interrupted"
        self.say(f"{reason}; back to what was there before")
        if ran:
            launch.stop_engine(self.folder)
        if swap.is_open:
            with self._held():
                swap.undo()
        if ran:
            self._start()

    def _stop(self, ran: bool) -> None:
        if ran:
            self.say(f"stopping sandbox {self.folder.name}")
        launch.stop_engine(self.folder)

    def _start(self) -> None:
        """As it ran before, for the same owner."""
        launch.stop_engine(self.folder)  # an interruption may have come while it stopped
        self.say(f"starting sandbox {self.folder.name}")
        plan = EnginePlan.read(self.folder.plan_file)
        process = launch.launch(plan, self.folder, owner=Owner(self.folder.path).reading())
        launch.wait_ready(self.folder, process, timeout_s=READY_LIMIT_S)

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """The lock that an engine takes when it starts. Raises Conflict when somebody keeps it.

        The threads of an engine that has just ended may hold it for a moment longer than its process is seen.
        """
        lock = os.open(self.folder.lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            deadline = time.monotonic() + LOCK_LIMIT_S
            while not _locks(lock):
                if time.monotonic() > deadline:
                    raise Conflict(
                        f"sandbox {self.folder.name} is being started or used", hint="try again in a few seconds"
                    )
                time.sleep(POLL_S)
            yield
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


def _locks(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
