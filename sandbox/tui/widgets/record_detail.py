"""One record: where it stands, its headers, its value as a tree; in hex with the reason where it cannot be decoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sandbox.tui.figures import bytes_text, clock_text
from sandbox.tui.widgets.json_tree import JsonTree

__all__ = ["RecordDetail", "hex_lines", "value_text"]

HEX_ROW = 16


class RecordDetail(Vertical):
    DEFAULT_CSS = """
    RecordDetail { border: round $border; border-title-color: $dim; padding: 0 1; height: 1fr; }
    RecordDetail:focus-within { border: round $info; border-title-color: $info; }
    RecordDetail .record-head { height: auto; max-height: 50%; text-wrap: nowrap; text-overflow: ellipsis; }
    RecordDetail JsonTree { height: 1fr; }
    """

    def compose(self) -> ComposeResult:
        yield Static("", classes="record-head")
        yield JsonTree()

    def show_record(self, record: Mapping[str, Any] | None) -> None:
        """As the control API shows it (a `TailedRecord`)."""
        self.border_title = (
            "Record" if record is None else f"{record['topic']} {record['partition']}@{record['offset']}"
        )
        head, tree = self.query_one(".record-head", Static), self.query_one(JsonTree)
        if record is None:
            head.update("")
            tree.show_value(None)
            tree.set_rows(())
            return
        head.update(Content("\n").join(_head(record)))
        undecoded = record.get("error") is not None or record.get("format") == "binary"
        tree.display = not undecoded
        if not undecoded:
            tree.show_value(record["value"])

    @property
    def tree(self) -> JsonTree:
        return self.query_one(JsonTree)


def _head(record: Mapping[str, Any]) -> list[Content]:
    when = clock_text(record["timestamp_ms"]) if record.get("timestamp_ms") else "–"
    schema = f" schema {record['schemaId']}" if record.get("schemaId") is not None else ""
    size = bytes_text(record.get("sizeBytes") or 0)
    lines = [
        Content.assemble(("key   ", "$dim"), _key(record)),
        Content.assemble(("time  ", "$dim"), when, (f"   {record.get('format', '')}{schema} · {size}", "$dim")),
    ]
    headers = record["headers"].items() if isinstance(record["headers"], Mapping) else record["headers"]
    for name, value in headers:
        shown = Content("null") if value is None else Content(value)
        lines.append(Content.assemble((f"{name}  ", "$dim"), shown))
    lines.append(Content(""))
    if record.get("error"):
        lines.append(Content.assemble(("✗ cannot be decoded: ", "$bad"), str(record["error"])))
        lines.append(Content(""))
    if record.get("hex"):
        lines += [Content(line) for line in hex_lines(record["hex"])]
        if (record.get("sizeBytes") or 0) * 2 > len(record["hex"]):
            lines.append(Content.styled(f"… {bytes_text(record['sizeBytes'])} in all", "$dim"))
    return lines


def _key(record: Mapping[str, Any]) -> Content:
    return Content.styled("none", "$dim") if record["key"] is None else Content.styled(record["key"], "bold")


def hex_lines(text: str, columns: int = HEX_ROW) -> list[str]:
    """`0000  00 00 00 00 2a …  ....*`, so many bytes to a line."""
    data = bytes.fromhex(text)
    lines = []
    for at in range(0, len(data), columns):
        row = data[at : at + columns]
        pairs = " ".join(f"{byte:02x}" for byte in row)
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        lines.append(f"{at:04x}  {pairs:<{columns * 3 - 1}}  {letters}")
    return lines


def value_text(record: Mapping[str, Any]) -> str:
    """The value for the clipboard: JSON, text, or hex."""
    value = record.get("hex") if record.get("error") else record["value"]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)
