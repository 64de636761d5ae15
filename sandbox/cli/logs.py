"""`sandbox logs`: what the components wrote, also after they ended."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

POLL_S = 0.1


def register(app: typer.Typer) -> None:
    app.command("logs")(logs)


def logs(
    component: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="kafka, engine, capsule…")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
    tail: Annotated[int, typer.Option(metavar="N", help="Start with the last N lines of each.")] = 100,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Print the logs of one component, or of all."""
    from sandbox.cli.output import data
    from sandbox.cli.target import folder_of

    folder = folder_of(name)
    files = chosen_files(folder.logs, component, folder.name)
    readers = [LogFile(file, tail) for file in files]
    while True:
        for reader in readers:
            for text in reader.new_lines():
                data(to_json(reader.name, text) if json else (f"{reader.name}: {text}" if len(readers) > 1 else text))
        if not follow:
            return
        time.sleep(POLL_S)


def chosen_files(folder: Path, component: str | None, name: str) -> list[Path]:
    """The log files of a component; a service that shares its process reads that process's file, filtered by nobody."""
    from sandbox.config.serve import SERVICES
    from sandbox.errors import NotRunning, UsageError

    files = {file.stem: file for file in sorted(folder.glob("*.log"))}
    if not files:
        raise NotRunning(f"sandbox {name} has no logs", hint=f"start it with `sandbox up --name {name}`")
    if component is None:
        return list(files.values())
    wanted = component if component in files or component not in SERVICES else "services"
    if wanted not in files:
        known = sorted({*files, *(SERVICES if "services" in files else ())})
        raise UsageError(f"there is no log of {component!r}", where="SERVICE", hint=f"choose from {', '.join(known)}")
    return [files[wanted]]


def to_json(component: str, text: str) -> str:
    import json

    try:
        found = json.loads(text)
    except ValueError:
        found = {"message": text}
    return json.dumps({"component": component, **(found if isinstance(found, dict) else {"message": text})})


class LogFile:
    """A growing file: the last lines first, then whole new lines as they come. Notices that it was replaced."""

    def __init__(self, path: Path, tail: int) -> None:
        self.name = path.stem
        self._path = path
        self._tail: int | None = tail
        self._position = 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        try:
            size = self._path.stat().st_size
        except FileNotFoundError:
            return []
        if size < self._position:
            self._position, self._rest = 0, b""
        with self._path.open("rb") as file:
            file.seek(self._position)
            chunk = file.read()
            self._position = file.tell()
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        texts = [line.decode(errors="replace") for line in lines]
        if self._tail is not None:
            texts, self._tail = list(deque(texts, maxlen=self._tail)), None
        return texts
