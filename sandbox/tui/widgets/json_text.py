"""JSON and bytes as people read them: names in one colour, values in others, bytes beside their letters."""

from __future__ import annotations

import json
import re
from typing import Any

from textual.content import Content

__all__ = ["hex_lines", "json_lines"]

_NAME = re.compile(r'^(\s*)("(?:[^"\\]|\\.)*")(: )(.*)$')
HEX_COLUMNS = 8


def json_lines(value: Any, *, limit: int = 2_000) -> list[Content]:
    """At most `limit` lines of it."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    lines = text.splitlines()
    shown = [_line(line) for line in lines[:limit]]
    if len(lines) > limit:
        shown.append(Content.styled(f"… {len(lines) - limit} lines more", "$dim"))
    return shown


def hex_lines(data: bytes, *, columns: int = HEX_COLUMNS, limit: int = 256) -> list[Content]:
    """`000008  48 65 6c 6c 6f 00 01 ff  Hello...`"""
    lines = []
    for place in range(0, min(len(data), limit * columns), columns):
        part = data[place : place + columns]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "·" for byte in part)
        digits = f"{part.hex(' '):<{columns * 3 - 1}}"
        lines.append(Content.assemble((f"{place:06x}  ", "$faint"), digits, (f"  {letters}", "$info")))
    return lines


def _line(line: str) -> Content:
    match = _NAME.match(line)
    if match is None:
        return _value(line)
    before, name, colon, rest = match.groups()
    return Content.assemble(before, (name[1:-1], "$info"), (colon, "$dim"), _value(rest))


def _value(text: str) -> Content:
    bare = text.strip().removesuffix(",")
    if bare in ("{", "}", "[", "]", "{}", "[]", "null"):
        return Content.styled(text, "$dim")
    return Content.styled(text, "$good" if bare.startswith('"') else "$accent")
