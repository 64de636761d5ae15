"""`sandbox logs`: what the components wrote, also after they ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

POLL_S = 0.1
IDS = ("requestId", "correlationId", "traceId")


def register(app: typer.Typer) -> None:
    app.command("logs")(logs)


def logs(
    component: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="kafka, engine, capsule…")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what comes.")] = False,
    tail: Annotated[int, typer.Option(metavar="N", min=0, help="Start with the last N lines of each.")] = 100,
    under: Annotated[
        str | None, typer.Option(metavar="ID", help="Only lines of this request, correlation or trace id.")
    ] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Print the logs of one component, or of all."""
    from sandbox.cli.output import data
    from sandbox.cli.target import folder_of
    from sandbox.config.services import SERVICES
    from sandbox.observe.log_file import LogFile

    folder = folder_of(name)
    files = chosen_files(folder.logs, component, folder.name)
    readers = [LogFile(file) for file in files]
    service = component if component in SERVICES and [file.stem for file in files] == ["services"] else None
    limit = None if under else tail
    while True:
        for reader in readers:
            show = partial(render, reader.name, json=json, service=service, prefix=len(readers) > 1, under=under)
            for text in last_shown(reader.new_lines(), show, limit):
                data(text)
        if not follow:
            return
        limit = None
        time.sleep(POLL_S)


def chosen_files(folder: Path, component: str | None, name: str) -> list[Path]:
    """The log files of a component; a service that shares its process is found in that process's file."""
    from sandbox.config.services import SERVICES
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


def render(
    component: str, text: str, *, json: bool, service: str | None, prefix: bool, under: str | None = None
) -> str | None:
    """A line as it is shown, None when it is another service's or not `under` an id.

    Structured: `time LEVEL service message`.
    """
    import json as json_module

    from sandbox.observe.log_file import service_of

    try:
        line = json_module.loads(text)
    except ValueError:
        line = None
    if not isinstance(line, dict):
        line = None
    if service and (line is None or line.get("service", service_of(line.get("logger", ""))) != service):
        return None
    if under and (line is None or under not in (line.get(name) for name in IDS)):
        return None
    if json:
        who = {"service": owner} if line and (owner := service_of(line.get("logger", ""))) else {}
        return json_module.dumps({"component": component, **who, **(line or {"message": text})}, ensure_ascii=False)
    shown = text
    if line is not None:
        who = line.get("service") or service_of(line.get("logger", "")) or component
        shown = f"{line.get('timestamp', '')[11:23]:<12} {line.get('level', ''):<7} {who:<15} {line.get('message', '')}"
        if line.get("requestId"):
            shown += f"  {line['requestId']}"
        if line.get("stackTrace"):
            shown += f"\n{line['stackTrace']}"
    return f"{component}: {shown}" if prefix else shown


def last_shown(lines: list[str], show: Callable[[str], str | None], limit: int | None) -> list[str]:
    """The last `limit` of what `show` makes of the lines, or all of it: those that it leaves out do not count."""
    shown = (text for line in reversed(lines) if (text := show(line)) is not None)
    return [*islice(shown, limit)][::-1]
