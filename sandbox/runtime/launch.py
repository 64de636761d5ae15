"""From settings to a running engine: choose ports, write the plan, start the process, watch it become ready, end it.

Used by `sandbox up`, `sandbox demo` and test backends. Needs neither aiohttp nor an event loop.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.config.folders import StateFolder, cache_dir, read_json
from sandbox.config.registry_users import users_in
from sandbox.config.settings import Settings
from sandbox.contracts.api_key import write_api_keys
from sandbox.errors import ComponentFailed, EnvironmentFailure, NotReady, NotRunning, SandboxError
from sandbox.runtime.news import News
from sandbox.runtime.owner import Owner
from sandbox.runtime.plan import EnginePlan, admin_port_name
from sandbox.runtime.ports import check_free, choose_ports

if TYPE_CHECKING:
    from sandbox.control.quick_client import QuickClient

__all__ = [
    "EngineProcess",
    "engine_of",
    "is_served",
    "launch",
    "make_plan",
    "stop_engine",
    "wait_announced",
    "wait_ready",
]

POLL_S = 0.03
LOOK_S = 0.01
STOP_LIMIT_S = 15.0
ANNOUNCE_LIMIT_S = 10.0
END_LIMIT_S = 20.0
SERVICES_TOGETHER = "services"


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """A running engine as its state folder tells: alive means that this very process still runs. It has no URL yet
    while it starts and has not announced itself."""

    pid: int
    started_at: float
    control_url: str

    def alive(self) -> bool:
        return is_running(self.pid, self.started_at)


def is_running(pid: int, started_at: float) -> bool:
    """Whether the process that started then (epoch seconds) still runs under this pid, and is no zombie."""
    import psutil

    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started_at) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def engine_of(folder: StateFolder) -> EngineProcess | None:
    """The engine of this sandbox if it is alive and has announced itself, else None."""
    engine = _process_of(folder)
    return engine if engine is not None and engine.control_url else None


def _process_of(folder: StateFolder) -> EngineProcess | None:
    """The engine of this sandbox if it is alive, also one that has only just been started."""
    found = read_json(folder.engine_file)
    if not {"pid", "started_at"} <= found.keys():
        return None
    engine = EngineProcess(found["pid"], found["started_at"], found.get("control_url", ""))
    return engine if engine.alive() else None


def wait_announced(folder: StateFolder, *, limit_s: float = ANNOUNCE_LIMIT_S) -> None:
    """Return when no engine of this sandbox is about to announce itself (any more)."""
    deadline = time.monotonic() + limit_s
    while (engine := _process_of(folder)) and not engine.control_url and time.monotonic() < deadline:
        time.sleep(POLL_S)


def is_served(folder: StateFolder, *, limit_s: float = END_LIMIT_S) -> bool:
    """Whether an engine serves this sandbox. One that is about to announce itself, or to end, is waited for.

    Raises NotRunning when it does not answer and does not end, NotReady when it does not come to its end.
    """
    wait_announced(folder)
    deadline = time.monotonic() + limit_s
    while engine_of(folder) is not None:
        problem: SandboxError = NotReady(
            f"sandbox {folder.name} is still stopping", hint=f"`sandbox down --name {folder.name}` ends it"
        )
        try:
            if control(folder).get("/v1/status")["state"] != "stopping":
                return True
        except NotRunning as error:
            problem = error
        if time.monotonic() > deadline:
            raise problem
        time.sleep(POLL_S)
    return False


def make_plan(
    settings: Settings, folder: StateFolder, *, train: bool = True, docker: Mapping[str, Any] | None = None
) -> EnginePlan:
    """The plan of this `up`, on ports that are free; `docker` are the plan's fields for containers, if it is to be.

    Raises PortTaken (with the holder).
    """
    services = settings.services()
    recorded = folder.record().get("ports") if settings.ports == "auto" else None
    wanted = recorded or choose_ports(settings.ports, str(folder.path))
    isolate = settings.isolate or docker is not None
    processes = {name: [name] for name in services} if isolate else {SERVICES_TOGETHER: list(services)}
    used = {"kafka", "control", *services, *(admin_port_name(process) for process in processes)}
    if docker is None:
        used.add("controller")
    if settings.bind or settings.advertise:
        used.add("kafka-local")
    check_free({name: port for name, port in wanted.items() if name in used}, bind=settings.bind)
    for host in docker["engine_hosts"] if docker else ():
        check_free({"control": wanted["control"]}, bind=host)
    return EnginePlan(
        name=folder.name,
        runtime="embedded" if docker is None else "docker",
        state_dir=str(folder.path),
        cache_dir=str(cache_dir()),
        ports=wanted,
        processes=processes if services else {},
        bind=settings.bind,
        advertise=settings.advertise or (settings.bind if settings.bind not in (None, "0.0.0.0", "::") else None),
        replace=settings.replace,
        contracts=str(settings.contracts.resolve()) if settings.contracts else None,
        profile=settings.profile,
        dialect=settings.dialect,
        auth=settings.auth,
        api_keys=write_api_keys(settings.api_keys) or None,
        rate_limits=settings.rate_limits,
        registry_users=settings.registry_users or users_in(os.environ),
        java_home=str(settings.java_home.absolute()) if settings.java_home else None,
        train=train and docker is None,
        **(docker or {}),
    )


def launch(
    plan: EnginePlan, folder: StateFolder, *, foreground: bool = False, owner: int | None = None
) -> subprocess.Popen[bytes]:
    """Start the engine of `plan`, detached unless `foreground`. Its output goes to `logs/engine.log`.

    `owner` is the engine's end of the pipe of an `Owner`, whose end stops the engine, and is closed here; None: it is
    nobody's.
    """
    if owner is None:
        Owner(folder.path).forget()
    folder.write_json(folder.plan_file, plan.to_json())
    folder.engine_file.unlink(missing_ok=True)
    command = [sys.executable, "-P", "-m", "sandbox.control", str(folder.path)]
    command += [] if owner is None else [str(owner)]
    with (folder.logs / "engine.log").open("ab") as log:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=not foreground,
                pass_fds=() if owner is None else (owner,),
                cwd=folder.path,
            )
        except OSError as error:
            raise EnvironmentFailure(f"the engine could not be started: {error.strerror}") from None
        finally:
            if owner is not None:
                os.close(owner)
    _note_start(folder, process.pid)
    return process


def _note_start(folder: StateFolder, pid: int) -> None:
    """So that `down` finds an engine that has not announced itself yet; what it announced already is left alone."""
    import psutil

    with contextlib.suppress(psutil.Error, FileExistsError):
        started = {"pid": pid, "started_at": psutil.Process(pid).create_time()}
        with folder.engine_file.open("x", encoding="utf-8") as file:
            json.dump(started, file)


def clear_leftovers(folder: StateFolder, *, limit_s: float = 5.0, volumes: bool = False) -> list[str]:
    """Wait for the processes of a killed engine to end, and end those that do not; remove its containers.

    With `volumes` the data in Docker's volumes goes too. Returns what stays, and why.
    """
    children = read_json(folder.engine_file).get("children", {})
    deadline = time.monotonic() + limit_s
    for pid, started_at in children.values():
        while is_running(pid, started_at) and time.monotonic() < deadline:
            time.sleep(POLL_S)
        if is_running(pid, started_at):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
    if folder.record().get("runtime") != "docker":
        return []
    from sandbox.runtime.docker.leftovers import clear

    docker_host = read_json(folder.plan_file).get("docker_host")
    return clear(folder.name, folder.path, docker_host=docker_host, volumes=volumes)


def wait_ready(
    folder: StateFolder,
    process: subprocess.Popen[bytes] | None,
    *,
    timeout_s: float,
    on_status: Callable[[dict[str, Any]], None] = lambda status: None,
) -> dict[str, Any]:
    """The status once it is proven ready.

    Raises ComponentFailed when a component failed or the engine ended, NotReady at the limit.
    """
    deadline = time.monotonic() + timeout_s
    status: dict[str, Any] = {}
    news = News(folder.engine_file)
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            raise ComponentFailed(
                f"the engine ended with exit code {process.returncode} while starting",
                where=str(folder.logs / "engine.log"),
                hint=_last_words(folder.logs / "engine.log"),
            )
        if not news.come():
            time.sleep(LOOK_S)
            continue
        with contextlib.suppress(NotRunning):
            status = control(folder).get("/v1/status")
            on_status(status)
            if status["ready"]:
                return status
            if failed := next((each for each in status["components"] if each["state"] == "failed"), None):
                process = failed.get("process") or failed["name"]
                raise ComponentFailed(
                    f"{process} failed to start: {failed['detail']}",
                    hint=f"see `sandbox logs {process} --name {folder.name}`, and `sandbox doctor`",
                )
    raise NotReady(
        f"not ready after {timeout_s:.0f} s: {_what_is_missing(status)}",
        hint=f"wait on with `sandbox wait --name {folder.name}`, or look with `sandbox logs --name {folder.name}`",
    )


def _what_is_missing(status: Mapping[str, Any]) -> str:
    """What keeps a sandbox from being ready: the components that are not, else the link that could not be proven."""
    if not status:
        return "the engine does not answer"
    waiting: dict[tuple[str, str | None], list[str]] = {}
    for each in status["components"]:
        if each["state"] != "ready":
            waiting.setdefault((each["state"], each.get("detail")), []).append(each["name"])
    told = [
        f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} {state}{f': {detail}' if detail else ''}"
        for (state, detail), names in waiting.items()
    ]
    return "; ".join(told) or status.get("detail") or "not every link is proven yet"


def wait_answering(folder: StateFolder, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """The first status that the engine gives, ready or not."""
    deadline = time.monotonic() + ANNOUNCE_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(NotRunning):
            return control(folder).get("/v1/status")
        time.sleep(POLL_S)
    raise ComponentFailed("the engine does not answer", where=str(folder.logs / "engine.log"))


def control(folder: StateFolder) -> QuickClient:
    """A client of the control API of this sandbox. Raises NotRunning when no engine has announced itself."""
    from sandbox.control.quick_client import QuickClient

    found = read_json(folder.engine_file)
    if "control_url" not in found:
        raise NotRunning(
            f"sandbox {folder.name} is not running", hint=f"start it with `sandbox up --name {folder.name}`"
        )
    return QuickClient(found["control_url"], folder.token() or "")


def stop_engine(folder: StateFolder, *, volumes: bool = False) -> bool:
    """Stop the sandbox in good order; kill what does not end. Returns whether one was running."""
    engine = _process_of(folder)
    if engine is None:
        clear_leftovers(folder, volumes=volumes)
        folder.engine_file.unlink(missing_ok=True)
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(engine.pid, signal.SIGTERM)
        os.kill(engine.pid, signal.SIGCONT)
    deadline = time.monotonic() + STOP_LIMIT_S
    while engine.alive() and time.monotonic() < deadline:
        time.sleep(POLL_S)
    if engine.alive():
        os.kill(engine.pid, signal.SIGKILL)
    clear_leftovers(folder, volumes=volumes)
    folder.engine_file.unlink(missing_ok=True)
    return True


def stop_or_kill(folder: StateFolder, process: subprocess.Popen[bytes]) -> None:
    """End an engine that is still starting: in good order first, at once on a second Ctrl-C."""
    try:
        process.terminate()
        process.wait(STOP_LIMIT_S)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        process.kill()
        process.wait(STOP_LIMIT_S)
    clear_leftovers(folder)
    folder.engine_file.unlink(missing_ok=True)


def _last_words(log: Path) -> str | None:
    """What the engine said in the end; an error's way out (`→ …`) is nothing without the line before it."""
    try:
        lines = [each.strip() for each in log.read_text(encoding="utf-8", errors="replace").strip().splitlines()]
    except OSError:
        return None
    return " ".join(lines[-2:] if lines[-1:] and lines[-1].startswith("→") else lines[-1:]) or None
