"""From a kind and parameters, as people and links give them, to a fault."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from sandbox.contracts.invalid_field import invalid_text
from sandbox.errors import UnknownName, UsageError
from sandbox.faults import FAULTS
from sandbox.faults.fault import Fault

__all__ = ["UnknownParameter", "check_parameters", "check_service", "read_fault", "require_kind"]


class UnknownParameter(UsageError):
    """`name` is the parameter that the kind has not, `known` those that it has."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"{kind} has no parameter {name!r}", where=name, hint=_nearest(name, known))
        self.name = name
        self.known = known


def read_fault(kind: str, parameters: Mapping[str, Any]) -> Fault:
    """Raises UnknownName for the kind; UnknownParameter, or UsageError with the parameter in `where`."""
    model = require_kind(kind)
    given = {name.replace("_", "-"): value for name, value in parameters.items()}
    check_parameters(kind, given)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        if not first["loc"]:  # what goes together and what does not
            raise UsageError(invalid_text(first), where=kind) from None
        name = str(first["loc"][0])
        if first["type"] == "missing":
            text = model.model_json_schema(by_alias=True)["properties"][name].get("description")
            raise UsageError(f"{kind} needs {name}", where=name, hint=text) from None
        hint = getattr(first.get("ctx", {}).get("error"), "hint", None)
        raise UsageError(invalid_text(first), where=name, hint=hint) from None


def check_parameters(kind: str, names: Iterable[str]) -> tuple[str, ...]:
    """All that the kind has. Raises UnknownName for the kind, UnknownParameter for a name that is none of them."""
    known = require_kind(kind).parameters()
    for name in names:
        if name not in known:
            raise UnknownParameter(kind, name, known)
    return known


def require_kind(kind: str) -> type[Fault]:
    """Raises UnknownName with the nearest one."""
    if kind not in FAULTS:
        raise UnknownName(f"there is no kind of fault {kind!r}", where="kind", hint=_nearest(kind, FAULTS))
    return FAULTS[kind]


def check_service(kind: str, on: str) -> None:
    """Raises UsageError when that kind does not act on that service; it names those it acts on, and what acts there."""
    services = FAULTS[kind].acts_on()
    if on not in services:
        there = [name for name, model in FAULTS.items() if on in model.acts_on()]
        others = f"; on {on} act {', '.join(there)}" if there else ""
        hint = f"it acts on {', '.join(services)}{others}"
        raise UsageError(f"{kind} does not act on {on}", where="on", hint=hint)


def _nearest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"
