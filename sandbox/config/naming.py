"""Which sandbox a command means: the one named, else the one of the project folder it runs in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import UsageError

__all__ = ["Project", "check_name", "find_project"]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")
_PROJECT_MARKS = ("sandbox.toml", ".git")


@dataclass(frozen=True, slots=True)
class Project:
    """`folder` is the nearest parent with `sandbox.toml` or `.git`; None outside any project."""

    name: str
    folder: Path | None

    @property
    def settings_file(self) -> Path | None:
        file = self.folder / "sandbox.toml" if self.folder else None
        return file if file and file.is_file() else None


def find_project(start: Path) -> Project:
    """The project around `start`, and the sandbox name derived from its folder (`default` outside any)."""
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in _PROJECT_MARKS):
            slug = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:40].strip("-")
            return Project(slug or "default", folder)
    return Project("default", None)


def check_name(name: str) -> str:
    """The name itself. Raises UsageError when it cannot be a folder and a label everywhere."""
    if not _NAME.match(name):
        raise UsageError(
            f"{name!r} cannot name a sandbox",
            where="--name",
            hint="use lower-case letters, digits and dashes, at most 40, for example trading-desk",
        )
    return name
