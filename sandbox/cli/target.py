"""Which sandbox a command talks to: `--name`, else an exported `SANDBOX_CONTROL_URL`, else the one of this folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.config.folders import StateFolder, read_json
from sandbox.config.naming import Project, check_name, find_project
from sandbox.config.registry_users import user_info
from sandbox.control.quick_client import QuickClient
from sandbox.errors import NotRunning, UsageError

__all__ = ["REGISTRY_USER_INFO", "Target", "find_target", "folder_of", "refuse_other_project"]

REGISTRY_USER_INFO = "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO"
"""The variable by which Confluent's tools know a registry's user and password."""


@dataclass(frozen=True, slots=True)
class Target:
    """`folder` is None for a sandbox that is known by its control URL only."""

    name: str
    url: str
    token: str
    folder: StateFolder | None = None

    @property
    def quick(self) -> QuickClient:
        return QuickClient(self.url, self.token)

    def patient(self, limit_s: float) -> QuickClient:
        """For what the engine may take a while to answer."""
        return QuickClient(self.url, self.token, timeout_s=limit_s)

    @property
    def registry_user_info(self) -> str | None:
        """`user:password` for the registry, as the state folder or else the environment has it; None when everybody
        may use it."""
        if self.folder is None:
            return os.environ.get(REGISTRY_USER_INFO)
        return user_info(read_json(self.folder.plan_file).get("registry_users") or {})

    def status(self) -> dict[str, Any]:
        return self.quick.get("/v1/status")


def folder_of(name: str | None) -> StateFolder:
    """The state folder that a command means, whether or not it exists yet. Raises UsageError as below."""
    if chosen := name or os.environ.get("SANDBOX_NAME"):
        return StateFolder.of(check_name(chosen))
    project = find_project(Path.cwd())
    folder = StateFolder.of(check_name(project.name))
    refuse_other_project(folder, project, hint=f"if you mean that one, say so: `--name {folder.name}`")
    return folder


def _exported(url: str) -> Target:
    """The sandbox of the exported variables. Its token may be newer than they are, where it was made anew since."""
    name = os.environ.get("SANDBOX_NAME")
    if name:
        folder = StateFolder.of(check_name(name))
        if read_json(folder.engine_file).get("control_url") == url and (token := folder.token()):
            return Target(name, url, token, folder)
    return Target(name or url, url, os.environ.get("SANDBOX_TOKEN", ""))


def refuse_other_project(folder: StateFolder, project: Project, *, hint: str) -> None:
    """The same derived name from another path is a mistake more often than a wish. Raises UsageError."""
    recorded = folder.record().get("project") if folder.exists() else None
    if project.folder and recorded and recorded != str(project.folder):
        where = str(project.folder)
        raise UsageError(f"the sandbox named {folder.name} belongs to {recorded}", where=where, hint=hint)


def find_target(name: str | None) -> Target:
    """The running sandbox. Raises NotRunning with the way out."""
    if name is None and (url := os.environ.get("SANDBOX_CONTROL_URL")):
        return _exported(url)
    from sandbox.runtime.launch import engine_of

    folder = folder_of(name)
    engine = engine_of(folder)
    if engine is None:
        others = [each.name for each in StateFolder.all() if engine_of(each)]
        also = f"; running: {', '.join(others)} (choose with --name)" if others else ""
        raise NotRunning(
            f"sandbox {folder.name} is not running", hint=f"start it with `sandbox up --name {folder.name}`{also}"
        )
    return Target(folder.name, engine.control_url, folder.token() or "", folder)
