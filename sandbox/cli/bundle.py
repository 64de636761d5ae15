"""`sandbox bundle`: one file for a bug report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register"]

ASK_LIMIT_S = 30.0


def register(app: typer.Typer) -> None:
    app.command("bundle")(bundle)


def bundle(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Default: sandbox-NAME-TIME.tar.gz in this folder.")
    ] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Write one file for a bug report.

    Logs, facts, status, versions, configuration, topics and groups with their offsets, faults, the findings of
    `doctor` and the last scenario runs. Tokens, API keys and passwords are taken out. It works on a sandbox that does
    not run too, and says what is missing. Log lines may hold data of yours: look before you send it.
    """
    import os
    import time

    from sandbox.cli.output import answer, talk
    from sandbox.config.naming import find_project
    from sandbox.runtime.bundle.collection import Collection
    from sandbox.runtime.bundle.redactor import Redactor, secrets_of
    from sandbox.runtime.bundle.writing import write_bundle

    target, folder = _target(name)
    known = target.name if target else folder.name
    plan: dict[str, Any] = _plan(folder)
    token = target.token if target else folder.token()
    secrets = [*secrets_of(token, plan, os.environ), *secrets_of(folder.token() if folder else None, {}, {})]
    collection = Collection(folder, target.patient(ASK_LIMIT_S) if target else None, Redactor(secrets))
    settings_file = find_project(Path.cwd()).settings_file

    def files() -> Iterator[tuple[str, str]]:
        yield from collection.files(lambda: _doctor(settings_file, folder), settings_file)
        missing = [f"missing: {each}" for each in collection.missing] or ["nothing is missing"]
        yield "summary.txt", "\n".join([f"sandbox {known}", *missing, ""])

    root = f"sandbox-{known}-{time.strftime('%Y%m%d-%H%M%S')}"
    path = (file or Path(f"{root}.tar.gz")).absolute()
    names = write_bundle(path, files(), root=root)
    for each in collection.missing:
        talk(f"missing: {each}")
    found = {"file": str(path), "files": names, "missing": collection.missing}
    answer(found, [f"{path} ({path.stat().st_size / 1e6:.1f} MB, {len(names)} files)"], json=json)


def _target(name: str | None) -> tuple[Any, Any]:
    """The running sandbox, None when it does not run, and its state folder, None when only its URL is known."""
    from sandbox.cli.target import find_target, folder_of
    from sandbox.errors import NotRunning

    try:
        target = find_target(name)
        target.status()
    except NotRunning:
        return None, folder_of(name)
    return target, target.folder


def _plan(folder: Any) -> dict[str, Any]:
    from sandbox.config.folders import read_json

    return read_json(folder.plan_file) if folder else {}


def _doctor(settings_file: Path | None, folder: Any) -> list[dict[str, Any]]:
    from dataclasses import asdict

    from sandbox.config.folders import StateFolder
    from sandbox.config.settings import resolve_settings
    from sandbox.runtime.doctor import examine

    settings = resolve_settings({}, file=settings_file)
    return [asdict(each) for each in examine(settings, folder or StateFolder.of("default"))]
