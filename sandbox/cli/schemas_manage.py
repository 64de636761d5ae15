"""`sandbox schemas delete|compatibility|asyncapi`: what changes subjects as a whole, and what describes them all."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from sandbox.cli.options import JsonOption, NameOption
from sandbox.cli.schemas_target import SubjectArgument, find_registry

if TYPE_CHECKING:
    from sandbox.cli.schemas_registry import SchemaRegistry
    from sandbox.errors import SandboxError

__all__ = ["add_to"]

ALREADY_SOFT, REFERENCED = (40404, 40406), 42206
NO_LEVEL = (40401, 40408)
LEVELS = ("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE")


def add_to(group: typer.Typer) -> None:
    group.command("delete")(delete)
    group.command("compatibility")(compatibility)
    group.command("asyncapi")(asyncapi)


def delete(
    subject: SubjectArgument,
    version: Annotated[
        str | None, typer.Option("--version", metavar="V", help="Only this version.", show_default=False)
    ] = None,
    permanent: Annotated[
        bool, typer.Option("--permanent", help="For good: also what is softly deleted already, and its ids.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask (only terminals are asked).")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Delete a subject, or one version of it.

    Softly, so that its records stay readable, or for good. What other schemas refer to cannot be deleted; the error
    names them.
    """
    from sandbox.cli.output import data, json_data
    from sandbox.cli.schemas_registry import Refused

    registry = find_registry(name)
    what = subject if version is None else f"{subject} version {version}"
    if permanent and not yes and sys.stdin.isatty() and sys.stderr.isatty():
        typer.confirm(f"delete {what} for good? Records written with it cannot be read any more", abort=True, err=True)
    try:
        gone = _delete(registry, subject, version, permanent)
    except Refused as error:
        if error.code == REFERENCED:
            raise _blocked(registry, subject, version) from None
        raise
    if json:
        json_data({"subject": subject, "deleted": gone, "permanent": permanent})
        return
    versions = ", ".join(map(str, gone))
    data(f"{subject}: version{'s' if len(gone) > 1 else ''} {versions} deleted {'for good' if permanent else 'softly'}")


def _delete(registry: SchemaRegistry, subject: str, version: str | None, permanent: bool) -> list[int]:
    """The versions that went. For good is soft first, where that is still to be done."""
    from sandbox.cli.schemas_registry import Refused, subject_path

    path = subject_path(subject) if version is None else subject_path(subject, f"/versions/{quote(version, safe='-')}")
    gone: Any = []
    try:
        gone = registry.call("DELETE", path, subject=subject)
    except Refused as error:
        if error.code not in ALREADY_SOFT or not permanent:
            raise
    if permanent:
        if version is not None and gone:
            path = subject_path(subject, f"/versions/{gone}")
        gone = registry.call("DELETE", path, subject=subject, permanent=True)
    return gone if isinstance(gone, list) else [gone]


def _blocked(registry: SchemaRegistry, subject: str, version: str | None) -> SandboxError:
    """Who refers to what was to be deleted."""
    from sandbox.errors import Conflict

    versions = registry.versions(subject) if version is None else [registry.version(subject, version)["version"]]
    lines = [
        f"version {number} is used by {other} version {theirs}"
        for number in versions
        for other, theirs in registry.referrers(subject, number)
    ]
    return Conflict(
        f"other schemas refer to it: {'; '.join(lines)}", where=subject, hint="delete those first, or keep this one"
    )


def _scopes(ctx: typer.Context, incomplete: str) -> list[str]:
    return [each for each in LEVELS if each.startswith(incomplete.upper())]


def compatibility(
    subject: Annotated[
        str | None,
        typer.Argument(metavar="[SUBJECT]", help="Without it, the level of all others.", show_default=False),
    ] = None,
    level: Annotated[
        str | None,
        typer.Argument(metavar="[LEVEL]", help=" ".join(LEVELS), autocompletion=_scopes, show_default=False),
    ] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Back to the level of all others (or to BACKWARD).")] = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Show or set which changes a subject takes.

    A LEVEL alone sets it for all subjects that have none of their own.

    BACKWARD: new consumers read old records. FORWARD: old consumers read new records. FULL: both. _TRANSITIVE: against
    all versions, not only the newest. NONE: nothing is checked.
    """
    from sandbox.cli.output import data, json_data
    from sandbox.cli.schemas_lines import level_lines

    registry = find_registry(name)
    if level is None and subject is not None and subject.upper() in LEVELS:
        subject, level = None, subject
    if level is not None or unset:
        _set_level(registry, subject, level, unset)
    everyone = registry.config(None)["compatibilityLevel"]
    own = _own_levels(registry, registry.subjects() if subject is None else [subject])
    if json:
        json_data({"global": everyone, "subjects": own} if subject is None else {
            "subject": subject, "level": own.get(subject, everyone), "own": subject in own,
        })  # fmt: skip
    elif subject is None:
        for line in level_lines(everyone, own):
            data(line)
    else:
        data(f"{subject}  {own.get(subject, everyone)}{'' if subject in own else '  (global)'}")


def _set_level(registry: SchemaRegistry, subject: str | None, level: str | None, unset: bool) -> None:
    from sandbox.cli.output import talk
    from sandbox.cli.schemas_registry import Refused
    from sandbox.errors import UsageError

    path = "/config" if subject is None else f"/config/{quote(subject, safe='')}"
    if unset:
        if level is not None:
            raise UsageError("say either a level or --unset", where="LEVEL")
        try:
            registry.call("DELETE", path)
        except Refused as error:
            if error.code not in NO_LEVEL:
                raise
        return
    assert level is not None
    if level.upper() not in LEVELS:
        raise UsageError(f"there is no level {level!r}", where="LEVEL", hint=f"choose from {', '.join(LEVELS)}")
    registry.call("PUT", path, {"compatibility": level.upper()})
    if subject is not None and subject not in registry.subjects():
        talk(f"there is no subject {subject} yet; the level holds once there is")


def _own_levels(registry: SchemaRegistry, subjects: list[str]) -> dict[str, str]:
    from sandbox.cli.schemas_registry import Refused

    found: dict[str, str] = {}
    for subject in subjects:
        try:
            found[subject] = registry.call("GET", f"/config/{quote(subject, safe='')}")["compatibilityLevel"]
        except Refused as error:
            if error.code not in NO_LEVEL:
                raise
    return found


def asyncapi(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there.", show_default=False)
    ] = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Write topics and schemas as AsyncAPI 3.0.

    Channels, keys, message schemas, writers and readers; YAML, or JSON with --json.
    """
    from sandbox.cli.output import data, talk
    from sandbox.cli.schemas_asyncapi import describe, written

    text = written(describe(name), json=json)
    if output is None:
        data(text.rstrip("\n"))
        return
    from sandbox.errors import UsageError

    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(output)) from None
    talk(f"written to {output}")
