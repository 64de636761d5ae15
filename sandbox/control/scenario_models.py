"""Bodies about the library of scenarios."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["LibraryScenario", "NextRequest", "ScenarioDocument", "ScenarioLibraryList"]


class LibraryScenario(BaseModel):
    """A scenario that can be run by its name."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    name: str
    title: str
    file: str
    purpose: str | None = None
    tags: list[str] = []
    ships: bool = True
    """Whether it came with the sandbox; else it is the project's own."""
    trouble: str | None = None
    """Why it cannot be read."""


class ScenarioLibraryList(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    scenarios: list[LibraryScenario]


class ScenarioDocument(BaseModel):
    """A scenario's text with the files that it names, as a run takes them."""

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)

    name: str
    file: str
    text: str
    files: dict[str, str] = {}
    explained: dict[str, Any]
    """Its header, and the steps of `steady`, `steps` and `finally`, as `sandbox scenario explain --json` has them."""


class NextRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    to_end: bool = False
    """On to the end without another halt."""
