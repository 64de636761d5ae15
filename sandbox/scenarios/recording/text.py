"""A scenario as the text of a file, as people write it: one step a paragraph, short values on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

__all__ = ["scenario_text"]

WIDTH_CHARS = 118
FLOW_CHARS = 84
"""A mapping or list up to this long stands on one line."""


def scenario_text(header: Mapping[str, Any], steps: list[dict[str, Any]], left_out: list[str]) -> str:
    """The whole file; `left_out` are told in comments."""
    lines = [_dump({name: value}) for name, value in header.items() if value not in ({}, [], None)]
    if left_out:
        lines.append("# Left out of the recording:\n" + "".join(f"#   {_comment(each)}\n" for each in left_out))
    if not steps:
        return "".join(lines) + "steps:\n  - say: Nothing was recorded.\n"
    return "".join(lines) + "\nsteps:\n" + "\n".join(_step(each) for each in steps)


def _step(step: Mapping[str, Any]) -> str:
    """`- http: …`, with its options below."""
    first, *others = _dump(step).splitlines()
    return "".join([f"  - {first}\n", *(f"    {line}\n" for line in others)])


class _Dumper(yaml.SafeDumper):
    """Lists are indented below their key, and short values stand on one line."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        return super().increase_indent(flow, False)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        node = super().represent_sequence(tag, sequence, flow_style)
        node.flow_style = _is_short(sequence)
        return node

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        node = super().represent_mapping(tag, mapping, flow_style)
        node.flow_style = mapping is not self.top and _is_short(mapping)
        return node

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _dump(value: Mapping[str, Any]) -> str:
    class Dumper(_Dumper):
        top = value

    return yaml.dump(
        value, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH_CHARS, default_flow_style=False
    )


def _is_short(value: Any) -> bool:
    return len(str(value)) <= FLOW_CHARS


def _comment(text: str) -> str:
    return " ".join(text.split())
