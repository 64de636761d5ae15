"""Which sandbox a command talks to: `--name`, else an exported `SANDBOX_CONTROL_URL`, else the one of this folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.config.folders import StateFolder, read_json
from sandbox.config.naming import check_name, find_project
from sandbox.config.registry_users import user_info
from sandbox.control.quick_client import QuickClient
from sandbox.errors import NotRunning

__all__ = ["REGISTRY_USER_INFO", "Target", "find_target", "folder_of"]

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
    """The state folder that a command means, whether or not it exists yet."""
    chosen = name or os.environ.get("SANDBOX_NAME") or find_project(Path.cwd()).name
    return StateFolder.of(check_name(chosen))


def find_target(name: str | None) -> Target:
    """The running sandbox. Raises NotRunning with the way out."""
    if name is None and (url := os.environ.get("SANDBOX_CONTROL_URL")):
        return Target(os.environ.get("SANDBOX_NAME", url), url, os.environ.get("SANDBOX_TOKEN", ""))
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
