"""The scenarios that can be chosen without naming a file: those that ship, and those in the project's own folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.config.folders import StateFolder, share_dir
from sandbox.errors import InvalidFile, UnknownName

__all__ = ["ScenarioLibrary"]

FOLDER = "scenarios"


class ScenarioLibrary:
    """`state` is the sandbox's folder: the `scenarios/*.yaml` of the project that it was started for are listed too."""

    def __init__(self, state: StateFolder) -> None:
        self._state = state
        self._read: dict[Path, tuple[int, dict[str, Any]]] = {}

    async def list(self) -> list[dict[str, Any]]:
        """A `LibraryScenario` each, the project's own first. One that cannot be read says why in `trouble`."""
        return await asyncio.to_thread(lambda: [self._header(*place) for place in self._places()])

    async def one(self, name: str) -> dict[str, Any]:
        """A `ScenarioDocument`: what can be run, and its steps as prose. Raises UnknownName or InvalidFile."""
        return await asyncio.to_thread(self._document, name)

    def _places(self) -> Iterator[tuple[str, Path, str]]:
        """Name, file, and what errors call it. The project's own name wins."""
        seen: set[str] = set()
        project = self._state.record().get("project")
        folders = [Path(project) / FOLDER] if project else []
        for folder in (*folders, share_dir(FOLDER)):
            for path in sorted(folder.glob("*.yaml")):
                if path.stem not in seen:
                    seen.add(path.stem)
                    yield path.stem, path, f"{FOLDER}/{path.name}"

    def _header(self, name: str, path: Path, shown_as: str) -> dict[str, Any]:
        from sandbox.scenarios.load import load_scenario

        changed_ns = path.stat().st_mtime_ns
        if (kept := self._read.get(path)) is not None and kept[0] == changed_ns:
            return kept[1]
        about: dict[str, Any] = {"name": name, "file": shown_as, "ships": path.parent == share_dir(FOLDER)}
        try:
            found = load_scenario(path, shown_as=shown_as)
        except InvalidFile as error:
            about |= {"title": name, "trouble": error.render()}
        else:
            about |= {"title": found.scenario, "purpose": found.purpose, "tags": list(found.tags)}
        self._read[path] = (changed_ns, about)
        return about

    def _document(self, name: str) -> dict[str, Any]:
        from sandbox.scenarios.explaining import explained
        from sandbox.scenarios.load import read_document, read_scenario

        for known, path, shown_as in self._places():
            if known == name:
                document = read_document(path, shown_as=shown_as)
                scenario = read_scenario(document.text, document.file, files=document.files)
                return {"name": name, **document.to_json(), "explained": explained(scenario)}
        raise UnknownName(f"there is no scenario {name!r}", where="name", hint="see `sandbox scenario list`")
