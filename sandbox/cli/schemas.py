"""`sandbox schemas`: the registry's subjects: look, check with a verdict, register, compare, delete, set levels."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from sandbox.cli import schemas_manage
from sandbox.cli.options import JsonOption, NameOption
from sandbox.cli.schemas_target import DeletedOption, SubjectArgument, VersionOption

__all__ = ["group"]

group = typer.Typer(
    help="Schemas: look, check, register, compare, delete.", no_args_is_help=True, rich_markup_mode=None
)

NOT_COMPATIBLE = 1
FileArgument = Annotated[
    str, typer.Argument(metavar="FILE", help="The schema: .avsc, .json or .proto; - reads stdin.", show_default=False)
]
TypeOption = Annotated[
    str | None, typer.Option("--type", metavar="avro|json|protobuf", help="In place of what the ending says.")
]
ReferenceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--reference", metavar="NAME=SUBJECT:VERSION", help="A registered schema that this one uses (repeatable)."
    ),
]
NormalizeOption = Annotated[bool, typer.Option("--normalize", help="Let what does not matter not count.")]


@group.command("list")
def list_subjects(deleted: DeletedOption = False, name: NameOption = None, json: JsonOption = False) -> None:
    """List the subjects with their newest version."""
    from sandbox.cli.output import answer
    from sandbox.cli.schemas_lines import subject_lines
    from sandbox.cli.schemas_target import find_registry

    registry = find_registry(name)
    found = registry.latest_versions(deleted=deleted)
    gone = frozenset(each["subject"] for each in found) - frozenset(registry.subjects()) if deleted else frozenset()
    answer([{**each, "deleted": each["subject"] in gone} for each in found], subject_lines(found, gone), json=json)


@group.command("show")
def show(
    subject: SubjectArgument,
    version: VersionOption = "latest",
    deleted: DeletedOption = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Show a schema.

    stdout has the schema alone, so that it can be kept: sandbox schemas show rim.fast-path-value > event.avsc
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.schemas_lines import about_line, schema_text
    from sandbox.cli.schemas_target import find_registry

    registry = find_registry(name)
    found = registry.version(subject, version, deleted=deleted)
    versions = registry.versions(subject, deleted=deleted)
    level = registry.config(subject)["compatibilityLevel"]
    if json:
        json_data({**found, "versions": versions, "compatibilityLevel": level})
        return
    talk(about_line(found, versions, level), dim=True)
    data(schema_text(found))


@group.command("check")
def check(
    subject: SubjectArgument,
    file: FileArgument,
    type_: TypeOption = None,
    reference: ReferenceOption = None,
    normalize: NormalizeOption = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether a schema fits a subject, and why not.

    Names what breaks, for whom, at which field, and what change would fit. Exits 1 when it does not fit, or when nobody
    can tell.
    """
    from sandbox.cli.output import answer
    from sandbox.cli.schemas_check import check
    from sandbox.cli.schemas_lines import checked_lines
    from sandbox.cli.schemas_source import read_candidate
    from sandbox.cli.schemas_target import find_registry

    candidate = read_candidate(file, type_, reference or [])
    checked = check(find_registry(name), subject, candidate, normalize=normalize)
    answer(checked.to_json(), checked_lines(checked), json=json)
    raise typer.Exit(0 if checked.is_compatible else NOT_COMPATIBLE)


@group.command("register")
def register(
    subject: SubjectArgument,
    file: FileArgument,
    type_: TypeOption = None,
    reference: ReferenceOption = None,
    normalize: NormalizeOption = False,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Register a schema as the subject's next version.

    One that does not fit is refused with the verdict of `check`, and exit code 1.
    """
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.schemas_check import check
    from sandbox.cli.schemas_lines import checked_lines
    from sandbox.cli.schemas_registry import INCOMPATIBLE, Refused, subject_path
    from sandbox.cli.schemas_source import read_candidate
    from sandbox.cli.schemas_target import find_registry

    registry, candidate = find_registry(name), read_candidate(file, type_, reference or [])
    candidate.read(registry)
    known = registry.registered(subject, candidate.body(), normalize=normalize)
    try:
        registry.call("POST", subject_path(subject, "/versions"), candidate.body(), normalize=normalize)
    except Refused as error:
        if error.code not in INCOMPATIBLE:
            raise
        checked = check(registry, subject, candidate, normalize=normalize)
        if json:
            json_data({"registered": False, **checked.to_json()})
        else:
            talk("\n".join(["not registered", *checked_lines(checked)]), colour="red")
        raise typer.Exit(NOT_COMPATIBLE) from None
    found: Any = registry.registered(subject, candidate.body(), normalize=normalize)
    if json:
        json_data({"registered": known is None, "subject": subject, "version": found["version"], "id": found["id"]})
    else:
        verb = "registered" if known is None else "was there already:"
        data(f"{verb} {subject} version {found['version']}, id {found['id']}")


@group.command("diff")
def diff(
    subject: SubjectArgument,
    first: Annotated[
        str | None, typer.Argument(metavar="[V1]", help="A version. Default: the last but one.", show_default=False)
    ] = None,
    second: Annotated[
        str | None,
        typer.Argument(metavar="[V2 | FILE]", help="A version or a file. Default: the newest.", show_default=False),
    ] = None,
    type_: TypeOption = None,
    reference: ReferenceOption = None,
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Show what changed between two versions.

    Which fields came, went and changed, and who can read whose records. A FILE alone is compared with the newest.
    """
    from sandbox.cli.output import data, json_data, out_colours
    from sandbox.cli.schemas_compare import compare, sides
    from sandbox.cli.schemas_lines import difference_lines
    from sandbox.cli.schemas_target import find_registry

    registry = find_registry(name)
    old, new = sides(registry, subject, first, second, type_, reference or [])
    changes, directions = compare(registry, old, new)
    if json:
        json_data({
            "subject": subject, "from": old.shown_as, "to": new.shown_as,
            "changes": [each.to_json() for each in changes], **directions,
        })  # fmt: skip
        return
    title = f"{subject}: {old.shown_as} → {new.shown_as}"
    for line in difference_lines(title, changes, directions, colours=out_colours()):
        data(line)


schemas_manage.add_to(group)
