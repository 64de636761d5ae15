"""The kinds of faults as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["explanation_lines", "kind_lines"]


def kind_lines(kinds: list[dict[str, Any]]) -> Iterable[str]:
    """Three lines a kind: how it is written with its own parameters, what it does, and where."""
    for each in kinds:
        needed = each["parameters"].get("required", [])
        own = [f"--{name} …" if name in needed else f"[--{name} …]" for name in each["own"]]
        yield " ".join([each["kind"], *own])
        yield f"    {first_sentence(each['does'])}"
        yield f"    on {', '.join(each['on'])}"


def explanation_lines(kind: dict[str, Any]) -> Iterable[str]:
    """One kind with each of its parameters, its own first."""
    yield f"{kind['kind']}: {' '.join(kind['does'].split())}"
    yield f"on {', '.join(kind['on'])}"
    yield ""
    properties = kind["parameters"]["properties"]
    width = max(map(len, properties))
    for name, shape in properties.items():
        needed = " Needed." if name in kind["parameters"].get("required", []) else ""
        yield f"  --{name:<{width}}  {' '.join(shape['description'].split())}{needed}"


def first_sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].rstrip(".")
