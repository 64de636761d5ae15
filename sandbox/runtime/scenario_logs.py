"""What the components log while a scenario runs, read from their files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from sandbox.observe.log_file import LogFile, service_of
from sandbox.scenarios.ports import LogLine

__all__ = ["ScenarioLogs"]


class ScenarioLogs:
    """`Logs` over the folder of log files. Files that appear later are read from their beginning."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = {path: LogFile(path, from_end=True) for path in folder.glob("*.log")}

    async def new(self) -> Sequence[LogLine]:
        return await asyncio.to_thread(self._read)

    def _read(self) -> list[LogLine]:
        for path in sorted(self._folder.glob("*.log")):
            self._files.setdefault(path, LogFile(path))
        return [line for file in self._files.values() for line in _lines(file)]


def _lines(file: LogFile) -> Iterator[LogLine]:
    for text in file.new_lines():
        try:
            fields = json.loads(text)
        except ValueError:
            fields = None
        if isinstance(fields, dict):
            component = fields.get("service") or service_of(str(fields.get("logger", ""))) or file.name
            yield LogLine(str(component), fields)
        elif text:
            yield LogLine(file.name, {"message": text})
