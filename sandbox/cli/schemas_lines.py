"""Subjects, schemas, verdicts and differences as lines for people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.cli.schemas_check import Checked
from sandbox.registry.difference import Change
from sandbox.registry.levels import Level

__all__ = [
    "about_line",
    "checked_lines",
    "difference_lines",
    "level_lines",
    "record_name",
    "schema_text",
    "subject_lines",
]

DIRECTIONS = {"newReadsOld": "new consumers read old records", "oldReadsNew": "old consumers read new records"}
MARKS = {"added": "green", "removed": "red", "changed": "yellow"}


def subject_lines(latest: Sequence[Mapping[str, Any]], deleted: frozenset[str]) -> Iterator[str]:
    """A line for each subject's newest version."""
    width = max((len(each["subject"]) for each in latest), default=7)
    yield f"{'subject':<{width}}  {'version':>7}  {'id':>5}  {'type':<8}  schema"
    for each in latest:
        note = "  (deleted)" if each["subject"] in deleted else ""
        type_ = each.get("schemaType", "AVRO")
        about = f"{each['version']:>7}  {each['id']:>5}  {type_:<8}  {record_name(each)}{note}"
        yield f"{each['subject']:<{width}}  {about}".rstrip()


def record_name(version: Mapping[str, Any]) -> str:
    """What the schema is of: the full name of an Avro type, the title of a JSON Schema, a .proto's first message; that
    it cannot be read, where another registry stored what is no JSON."""
    type_, text = version.get("schemaType", "AVRO"), version["schema"]
    if type_ == "PROTOBUF":
        words = [line.rstrip("; {").split() for line in text.splitlines()]
        named = (next((each[1] for each in words if each[:1] == [kind]), "") for kind in ("package", "message"))
        return ".".join(filter(None, named))
    try:
        schema = json.loads(text)
    except ValueError:
        return "(not readable)"
    if type_ == "JSON":
        return str(schema.get("title", "")) if isinstance(schema, dict) else ""
    if not isinstance(schema, dict):
        return "union" if isinstance(schema, list) else str(schema)
    name, namespace = schema.get("name"), schema.get("namespace")
    if name is None:
        return str(schema.get("type", "(not readable)"))
    return str(name) if "." in name or not namespace else f"{namespace}.{name}"


def schema_text(version: Mapping[str, Any]) -> str:
    """The schema laid out for reading; one that cannot be read, as it is."""
    if version.get("schemaType", "AVRO") == "PROTOBUF":
        return version["schema"].rstrip("\n")
    try:
        return json.dumps(json.loads(version["schema"]), indent=2, ensure_ascii=False)
    except ValueError:
        return version["schema"]


def about_line(version: Mapping[str, Any], versions: Sequence[int], level: str) -> str:
    others = [str(each) for each in versions if each != version["version"]]
    more = f" (also: {', '.join(others)})" if others else ""
    references = "".join(
        f"\n  refers to {each['name']} = {each['subject']}:{each['version']}" for each in version.get("references", ())
    )
    type_ = version.get("schemaType", "AVRO")
    return f"{version['subject']}  version {version['version']}{more}  id {version['id']}  {type_}  {level}{references}"


def checked_lines(checked: Checked) -> Iterator[str]:
    """The verdict on a schema."""
    name, subject = checked.candidate.shown_as, checked.subject
    if checked.existing is not None:
        yield f"{name} is {subject} version {checked.existing['version']} (id {checked.existing['id']}) already"
    elif checked.unchecked is not None:
        yield f"{name} and {subject}: compatibility cannot be told ({checked.verdict.level.name})"
        yield f"  {checked.unchecked.message}"
        if checked.unchecked.hint:
            yield f"    → {checked.unchecked.hint}"
    elif not checked.verdict.versions and checked.verdict.level is not Level.NONE and checked.is_compatible:
        yield f"{name} would be the first version of {subject}"
    elif checked.messages:
        yield f"{name} and {subject}: not compatible ({checked.verdict.level.name}), says the registry:"
        yield from (f"  {each}" for each in checked.messages)
    else:
        yield from f"{name} and {subject}: {checked.verdict.render()}".splitlines()


def difference_lines(
    title: str, changes: Sequence[Change], directions: Mapping[str, bool | None], *, colours: bool
) -> Iterator[str]:
    """`directions` says who can read whose records; None where nobody can tell."""
    import typer

    yield title
    for each in changes:
        yield typer.style(each.render(), fg=MARKS[each.kind]) if colours else each.render()
    if not changes:
        yield "no difference"
        return
    for what, holds in directions.items():
        yield f"{DIRECTIONS[what]}: {'cannot be told' if holds is None else 'yes' if holds else 'no'}"


def level_lines(everyone: str, own: Mapping[str, str]) -> Iterator[str]:
    width = max(map(len, ["(global)", *own]))
    yield f"{'(global)':<{width}}  {everyone}"
    for subject, level in own.items():
        yield f"{subject:<{width}}  {level}"
