"""Which registry `sandbox schemas` talks to, and the arguments that name what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sandbox.cli.schemas_registry import SchemaRegistry

__all__ = ["DeletedOption", "SubjectArgument", "VersionOption", "find_registry"]


def find_registry(name: str | None) -> SchemaRegistry:
    """The registry of the running sandbox. Raises NotRunning or UpstreamUnavailable."""
    from sandbox.cli.schemas_registry import SchemaRegistry
    from sandbox.cli.target import find_target
    from sandbox.errors import UpstreamUnavailable

    target = find_target(name)
    url = target.status()["endpoints"].get("schema_registry")
    if not url:
        raise UpstreamUnavailable(
            f"sandbox {target.name} has no schema registry", hint="start it without `--without schema-registry`"
        )
    return SchemaRegistry(url, user_info=target.registry_user_info)


def _subjects(ctx: typer.Context, incomplete: str) -> list[str]:
    """What a shell offers for SUBJECT; nothing where no sandbox answers."""
    from sandbox.errors import SandboxError

    try:
        found = find_registry(ctx.params.get("name")).subjects()
    except SandboxError:
        return []
    return [each for each in found if each.startswith(incomplete)]


SubjectArgument = Annotated[
    str,
    typer.Argument(
        metavar="SUBJECT", help="For example rim.fast-path-value.", autocompletion=_subjects, show_default=False
    ),
]
VersionOption = Annotated[str, typer.Option("--version", metavar="V", help="A version number, or latest.")]
DeletedOption = Annotated[bool, typer.Option("--deleted", help="What is softly deleted too.")]
