"""A team's own contracts (`--contracts DIR`): read, and each schema proven to be good Avro, before anything starts."""

from __future__ import annotations

import difflib
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile

if TYPE_CHECKING:
    from sandbox.contracts.comparison import Finding

__all__ = ["findings", "load_contracts"]


def load_contracts(folder: Path | str | None) -> Contracts:
    """The contracts in `folder`, the built-in ones without it. Raises InvalidFile with place, reason and way out."""
    if folder is None:
        return Contracts.load()
    from sandbox.registry.avro.parser import InvalidAvro, parse

    contracts = Contracts.load(Path(folder))
    for name, schema in contracts.schemas.items():
        try:
            parse(json.dumps(schema))
        except InvalidAvro as error:
            pointer = error.where or ""
            message = f"is not a good Avro schema: {_place(schema, pointer)}{error.message}"
            where = f"{folder}/schemas/{name}.avsc"
            raise InvalidFile(message, where=where, hint=error.hint or _meant(schema, pointer)) from None
    return contracts


def findings(contracts: Contracts, services: Collection[str]) -> list[Finding]:
    """What these services of ours miss in a team's contracts."""
    from sandbox.contracts.comparison import compare

    return compare(contracts, services)


def _steps(schema: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    """Each part of a JSON pointer with what it leads to, as far as it leads anywhere."""
    at = schema
    for part in pointer.strip("/").split("/") if pointer else ():
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            at = at[int(part)] if isinstance(at, list) else at[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return
        yield part, at


def _place(schema: Any, pointer: str) -> str:
    """A JSON pointer as a person reads it: `/fields/5/type` → `field price (/fields/5/type): `."""
    fields, before = [], ""
    for part, at in _steps(schema, pointer):
        if before == "fields" and isinstance(at, dict) and "name" in at:
            fields.append(str(at["name"]))
        before = part
    if fields:
        return f"field {'.'.join(fields)} ({pointer}): "
    return f"{pointer}: " if pointer else ""


def _meant(schema: Any, pointer: str) -> str | None:
    """The type that a wrong name was probably meant to be."""
    from sandbox.registry.avro.types import PRIMITIVES

    _, at = next(reversed(list(_steps(schema, pointer))), ("", None))
    near = difflib.get_close_matches(at, PRIMITIVES, 1) if isinstance(at, str) else []
    return f"did you mean {near[0]}?" if near else None
