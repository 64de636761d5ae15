"""The form of a fault, from what its kind says of itself: what it acts on and its own parameters come first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.control.fault_models import FaultKind

__all__ = ["fault_schema"]

OFTEN = ("duration", "path", "method", "topic", "group", "key", "plan", "probability")
"""Of the parameters that many kinds share, those that are wanted most, in this order; the others follow."""


EXAMPLES = {
    "path": "/api/v1/history/*", "method": "GET", "header": "X-Tenant-ID: acme", "client": "tenant:acme",
}  # fmt: skip


def fault_schema(kind: FaultKind) -> dict[str, Any]:
    """The JSON Schema of its parameters with `on` in front, in the order in which a person wants them."""
    declared = kind.parameters.get("properties", {})
    own = [name for name in kind.own if name in declared]
    often = [name for name in OFTEN if name in declared and name not in own]
    rest = [name for name in declared if name not in own and name not in often]
    on = {"type": "string", "enum": list(kind.on), "default": kind.on[0], "description": "What it acts on."}
    return {
        **kind.parameters,
        "properties": {"on": on, **{name: _with_example(name, declared[name]) for name in (*own, *often, *rest)}},
        "required": ["on", *kind.parameters.get("required", ())],
    }


def _with_example(name: str, declared: Mapping[str, Any]) -> Mapping[str, Any]:
    if name not in EXAMPLES:
        return declared
    return {**declared, "anyOf": [{**each, "examples": [EXAMPLES[name]]} for each in declared.get("anyOf", ())]}
