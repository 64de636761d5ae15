"""Checks of the machine: each says what it found and, where something is in the way, the way out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sandbox.config.folders import StateFolder, cache_dir, state_root
from sandbox.config.settings import Settings
from sandbox.errors import PortTaken, SandboxError

__all__ = ["CHECKS", "Check", "examine"]

DISK_WANTED_BYTES = 1_000_000_000
MEMORY_WANTED_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    verdict: Literal["ok", "warning", "problem"]
    finding: str
    way_out: str | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: the settings and sandbox that `up` would use here."""

    settings: Settings
    folder: StateFolder
    fix: bool = False


def examine(settings: Settings, folder: StateFolder, *, fix: bool = False) -> list[Check]:
    """Every check's result, in the order of the table."""
    patient = Patient(settings, folder, fix)
    return [result for check in CHECKS.values() for result in check(patient)]


def _java(patient: Patient) -> Iterator[Check]:
    from sandbox.runtime.embedded.jdk import Java

    try:
        java = Java.find(patient.settings.java_home)
    except SandboxError as error:
        yield Check("java", "problem", error.message, error.hint)
        return
    yield Check("java", "ok", f"Java {java.version} at {java.home}")


def _jars(patient: Patient) -> Iterator[Check]:
    from sandbox.runtime.embedded.jars import fetch_jars

    try:
        jars = fetch_jars(cache_dir(), offline=True)
    except SandboxError as error:
        verdict = "problem" if patient.settings.offline else "warning"
        yield Check(
            "kafka jars", verdict, error.message, "`sandbox prepare` fetches them, and so does the first `sandbox up`"
        )
        return
    yield Check("kafka jars", "ok", f"{len(jars)} jars verified in {jars[0].parent}")


def _start_up_cache(patient: Patient) -> Iterator[Check]:
    from sandbox.runtime.embedded.jdk import Java
    from sandbox.runtime.embedded.lock import JarLock
    from sandbox.runtime.embedded.startup_cache import StartupCache

    try:
        cache = StartupCache.of(cache_dir(), Java.find(patient.settings.java_home), JarLock.read())
    except SandboxError:
        return
    if cache.exists():
        yield Check("start-up cache", "ok", f"{cache.path.stat().st_size / 1e6:.0f} MB, Kafka starts quickly")
    else:
        way_out = "the first `sandbox up` trains it in the background; `sandbox prepare` does it now"
        yield Check("start-up cache", "warning", "not trained yet, so Kafka takes longer to start", way_out)


def _ports(patient: Patient) -> Iterator[Check]:
    from sandbox.runtime.launch import engine_of
    from sandbox.runtime.ports import check_free, choose_ports

    if engine_of(patient.folder):
        yield Check("ports", "ok", f"in use by sandbox {patient.folder.name}, which is running")
        return
    try:
        ports = choose_ports(patient.settings.ports, str(patient.folder.path))
        check_free({name: port for name, port in ports.items() if name not in ("admin", "controller")})
    except PortTaken as error:
        yield Check("ports", "problem", error.message, error.hint)
        return
    yield Check("ports", "ok", ", ".join(f"{name} {port}" for name, port in ports.items() if name != "controller"))


def _disk(patient: Patient) -> Iterator[Check]:
    for label, folder in (("cache", cache_dir()), ("state", state_root())):
        there = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(there).free
        verdict = "ok" if free >= DISK_WANTED_BYTES else "problem"
        way_out = (
            None
            if verdict == "ok"
            else f"free 1 GB, or set SANDBOX_{'CACHE_DIR' if label == 'cache' else 'STATE_ROOT'}"
        )
        yield Check(f"disk ({label})", verdict, f"{free / 1e9:.1f} GB free at {folder}", way_out)


def _memory(patient: Patient) -> Iterator[Check]:
    import psutil

    free = psutil.virtual_memory().available
    enough = free >= MEMORY_WANTED_BYTES
    yield Check(
        "memory",
        "ok" if enough else "warning",
        f"{free / 1e9:.1f} GB available, a sandbox takes about 0.5 GB",
        None if enough else "close something, or stop other sandboxes with `sandbox down --all`",
    )


def _leftovers(patient: Patient) -> Iterator[Check]:
    from sandbox.runtime.launch import engine_of, stop_engine

    dead = [folder for folder in StateFolder.all() if folder.engine_file.is_file() and engine_of(folder) is None]
    if not dead:
        yield Check("leftovers", "ok", "none")
        return
    names = ", ".join(folder.name for folder in dead)
    if patient.fix:
        for folder in dead:
            stop_engine(folder)
        yield Check("leftovers", "ok", f"cleared what was left of {names}")
        return
    yield Check(
        "leftovers",
        "warning",
        f"the engine of {names} was killed",
        "`sandbox doctor --fix`, or the next `up`, clears it",
    )


def _state_folder(patient: Patient) -> Iterator[Check]:
    root: Path = state_root()
    there = next(path for path in (root, *root.parents) if path.exists())
    import os

    if os.access(there, os.W_OK) and there.is_dir():
        yield Check("state folder", "ok", str(root))
    else:
        yield Check(
            "state folder", "problem", f"{there} cannot be written", "make it writable, or set SANDBOX_STATE_ROOT"
        )


def _docker(patient: Patient) -> Iterator[Check]:
    from sandbox.runtime.docker.examination import examine_docker
    from sandbox.runtime.launch import engine_of

    recorded = patient.folder.record().get("runtime")
    needed = patient.settings.runtime == "docker" or recorded == "docker"
    running = recorded == "docker" and engine_of(patient.folder) is not None
    for finding in examine_docker(patient.folder, needed=needed, fix=patient.fix, running=running):
        yield Check(*finding)


CHECKS: dict[str, Callable[[Patient], Iterator[Check]]] = {
    "java": _java,
    "jars": _jars,
    "start-up-cache": _start_up_cache,
    "ports": _ports,
    "disk": _disk,
    "memory": _memory,
    "state": _state_folder,
    "leftovers": _leftovers,
    "docker": _docker,
}
