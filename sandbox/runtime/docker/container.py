"""One container of a sandbox, driven through the Docker API; its events come from the watcher."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.errors import ComponentFailed, UpstreamUnavailable
from sandbox.runtime.docker.client import docker_errors
from sandbox.runtime.docker.labels import NAME_LABEL, SERVICE_LABEL, STATE_LABEL

__all__ = ["Container"]

SIGNALLED = 128


class Container:
    """The container of `service` in the sandbox `name`. Every call to Docker runs in a thread.

    `log_file` takes what it writes, from each start on.
    """

    def __init__(self, client: Any, service: str, *, name: str, state_dir: str, network: str, log_file: Path) -> None:
        self.service = service
        self.connected = True
        self._client = client
        self._labels = [f"{NAME_LABEL}={name}", f"{STATE_LABEL}={state_dir}", f"{SERVICE_LABEL}={service}"]
        self._network = network
        self._log_file = log_file
        self._found: Any = None
        self._ended = asyncio.Event()
        self._ended.set()
        self._exit_code: int | None = None
        self._out_of_memory = False
        self._started_s = 0.0
        self._paused = False
        self._health: str | None = None

    @property
    def is_running(self) -> bool:
        return not self._ended.is_set()

    async def start(self) -> None:
        """Start it unless Compose has already, on its network; from now on its end is noticed.

        Raises ComponentFailed when there is no container.
        """
        await self.connect()
        await self._call("start", self._start)
        self._copy_log()

    def _start(self) -> None:
        self._find()
        if self._found.status == "paused":
            self._found.unpause()
        if self._found.status == "created" or (self._found.status == "exited" and self._exit_code is not None):
            self._found.start()
            self._found.reload()
        self._read(self._found.attrs["State"])

    def _find(self) -> None:
        found = self._client.containers.list(all=True, filters={"label": self._labels}, ignore_removed=True)
        if not found:
            raise ComponentFailed(f"{self.service} has no container", where=self.service, hint="see `sandbox doctor`")
        self._found = found[0]

    def _read(self, state: Mapping[str, Any]) -> None:
        """Take over what the engine says, for what happened before the watcher saw it."""
        self._started_s = _epoch_s(state.get("StartedAt", ""))
        self._paused = bool(state.get("Paused"))
        self._out_of_memory = bool(state.get("OOMKilled"))
        if state.get("Running") or state.get("Paused"):
            self._exit_code = None
            self._ended.clear()
        else:
            self._exit_code = state.get("ExitCode")
            self._ended.set()

    async def refresh(self) -> None:
        """Ask how it is, after events may have been missed."""
        if self._found is not None:
            with contextlib.suppress(UpstreamUnavailable):
                await self._call("inspect", self._found.reload)
                self._read(self._found.attrs["State"])

    async def stop(self, limit_s: int) -> None:
        if self._found is not None and self.is_running:
            await self._call("stop", lambda: self._found.stop(timeout=limit_s))
            self._end(self._exit_code)

    async def kill(self) -> None:
        if self._found is not None and self.is_running:
            await self._call("kill", self._found.kill)

    async def pause(self) -> None:
        await self._call("pause", self._found.pause)

    async def resume(self) -> None:
        await self._call("resume", self._found.unpause)

    async def disconnect(self) -> None:
        """Off the sandbox's network: neither the other containers nor this machine reach it."""
        if self.connected:
            network = self._client.networks.get
            await self._call("disconnect", lambda: network(self._network).disconnect(self._found, force=True))
            self.connected = False

    async def connect(self) -> None:
        if not self.connected:
            network, aliases = self._client.networks.get, [self.service, self._found.name]
            await self._call("connect", lambda: network(self._network).connect(self._found, aliases=aliases))
            self.connected = True

    async def run(self, command: list[str]) -> tuple[int, str]:
        """Exit code and output of a command inside it."""
        done = await self._call("exec", lambda: self._found.exec_run(command))
        return done.exit_code, done.output.decode(errors="replace").strip()

    async def wait(self) -> None:
        await self._ended.wait()

    def describe_end(self) -> str | None:
        """How it ended, None while it runs."""
        if self.is_running:
            return None
        code = self._exit_code
        if self._out_of_memory:
            return "ended out of memory"
        if code and code > SIGNALLED:
            return f"ended by signal {code - SIGNALLED}"
        said = _last_line(self._log_file)
        return f"ended with exit code {code}{f': {said}' if said else ''}"

    def describe_health(self) -> str | None:
        """Why it is alive but not well, as far as Docker knows; None when it is well."""
        if self._paused:
            return "paused"
        if not self.connected:
            return "disconnected from the network"
        return "its health check fails" if self._health == "unhealthy" else None

    def on_event(self, event: Mapping[str, Any]) -> None:
        """What the watcher saw happen to it; called in the event loop. What is told late of an earlier run is left."""
        action = event.get("Action", "")
        if event.get("timeNano", 0) / 1e9 < self._started_s:
            return
        if action == "die":
            self._end(int(event.get("Actor", {}).get("Attributes", {}).get("exitCode", 0)))
        elif action == "oom":
            self._out_of_memory = True
        elif action in ("pause", "unpause"):
            self._paused = action == "pause"
        elif action.startswith("health_status"):
            self._health = action.rpartition(":")[2].strip()

    def _end(self, exit_code: int | None) -> None:
        self._exit_code = 0 if exit_code is None else exit_code
        self._paused = False
        self._health = None
        self._ended.set()

    async def _call(self, verb: str, work: Callable[[], Any]) -> Any:
        def careful() -> Any:
            with docker_errors(f"Docker cannot {verb} {self.service}"):
                return work()

        return await asyncio.to_thread(careful)

    def _copy_log(self) -> None:
        name = f"log {self.service}"
        threading.Thread(target=self._copy, args=(self._started_s,), name=name, daemon=True).start()

    def _copy(self, since_s: float) -> None:
        """Until it ends. A broken stream ends the copy; `docker logs` still has everything."""
        with (
            contextlib.suppress(UpstreamUnavailable),
            docker_errors(f"the log of {self.service} cannot be read"),
            self._log_file.open("ab", buffering=0) as file,
        ):
            for chunk in self._found.logs(stream=True, follow=True, since=since_s):
                file.write(chunk)


def _last_line(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return None
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), None)


def _epoch_s(instant: str) -> float:
    """`2026-11-24T00:10:03.123456789Z` → seconds, a moment earlier so that nothing is missed."""
    try:
        whole, _, fraction = instant.rstrip("Z").partition(".")
        return datetime.fromisoformat(f"{whole}.{fraction[:6] or '0'}+00:00").timestamp() - 0.001
    except ValueError:
        return 1.0
