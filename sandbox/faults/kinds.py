"""The kinds as data, for those who offer them: a form, a list, an editor."""

from __future__ import annotations

from typing import Any

from sandbox.faults import FAULTS
from sandbox.faults.reading import require_kind

__all__ = ["fault_kinds"]


def fault_kinds(kind: str | None = None) -> list[dict[str, Any]]:
    """Each kind (or this one) with what it does, the services it acts on, and the JSON Schema of its parameters.

    `own` names the parameters that are its own, those that it must have first. Raises UnknownName.
    """
    if kind is not None:
        require_kind(kind)
    return [_described(each) for each in (FAULTS if kind is None else [kind])]


def _described(kind: str) -> dict[str, Any]:
    model = FAULTS[kind]
    schema = model.model_json_schema(by_alias=True)
    names = model.parameters()
    properties = {name: schema["properties"][name] for name in names}
    schema.update(title=kind, properties=properties)
    needed = schema.get("required", [])
    own = sorted(model.own_parameters(), key=lambda name: name not in needed)
    return {
        "kind": kind, "does": schema["description"], "on": list(model.acts_on()), "needs": model.needs, "own": own,
        "parameters": schema,
    }  # fmt: skip
