"""What pydantic finds wrong with a field, in the words of this sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["invalid_text"]

SHOWN_CHARACTERS = 60


def invalid_text(finding: Mapping[str, Any]) -> str:
    """`finding` is one of a ValidationError's `errors()`: `must be 'a' or 'b', not 'c'`, `is required`."""
    text = str(finding["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    if finding["type"] == "missing":
        return "is required"
    said = "must be" + text.removeprefix("Input should be") if text.startswith("Input should be") else text
    given = finding.get("input")
    if said is not text and isinstance(given, str | int | float | bool) and len(repr(given)) <= SHOWN_CHARACTERS:
        said += f", not {given!r}"
    return said
