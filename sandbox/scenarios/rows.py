"""Rows of a data file: JSON Lines or CSV. Every error says file:line."""

from __future__ import annotations

import csv
import io
import json
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from sandbox.errors import InvalidFile
from sandbox.scenarios.attachments import Attachments
from sandbox.scenarios.model.bad_value import BadValue

__all__ = ["KINDS", "Row", "attached_rows", "read_rows"]

KINDS = (".jsonl", ".ndjson", ".csv")
ROWS_LIMIT = 100_000
_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?\Z")
_WORDS = {"true": True, "false": False, "": None}


@dataclass(frozen=True, slots=True)
class Row:
    """`where` is its file:line."""

    values: Mapping[str, Any]
    where: str


def attached_rows(files: Attachments, given: str, at: str) -> tuple[Row, ...]:
    """The rows of the file that a step at `at` (file:line) names. Raises BadValue."""
    text = files.text(given)
    try:
        return read_rows(text, posixpath.normpath(PurePosixPath(at.rpartition(":")[0]).parent / given))
    except InvalidFile as error:
        raise BadValue(error.message, where=error.where, hint=error.hint) from None


def read_rows(text: str, name: str) -> tuple[Row, ...]:
    """The rows of a file that errors call `name`. Raises InvalidFile.

    In CSV the first line names the columns, a cell that is written as a JSON number, `true` or `false` is one, and an
    empty cell is null; everything else (`007`) is text.
    """
    rows = _csv(text, name) if PurePosixPath(name).suffix == ".csv" else _json_lines(text, name)
    if not rows:
        raise InvalidFile("has no rows", where=name)
    if len(rows) > ROWS_LIMIT:
        raise InvalidFile(f"has more than {ROWS_LIMIT:,} rows", where=name)
    return tuple(rows)


def _json_lines(text: str, name: str) -> list[Row]:
    rows = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            values = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise InvalidFile(f"is not JSON: {error}", where=where, hint="each line is one JSON object") from None
        if not isinstance(values, dict):
            raise InvalidFile(f"expected a JSON object, found {line.strip()[:40]}", where=where)
        rows.append(Row(values, where))
    return rows


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _csv(text: str, name: str) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    columns: list[str] = []
    before = 0
    try:
        for cells in reader:
            where, before = f"{name}:{before + 1}", reader.line_num
            if not cells:
                continue
            if not columns:
                columns = _columns(cells, where)
            elif len(cells) != len(columns):
                raise InvalidFile(f"has {len(cells)} cells, the first line names {len(columns)} columns", where=where)
            else:
                rows.append(Row(dict(zip(columns, map(_cell, cells), strict=True)), where))
    except csv.Error as error:
        raise InvalidFile(f"is not CSV: {error}", where=f"{name}:{before + 1}") from None
    return rows


def _columns(cells: list[str], where: str) -> list[str]:
    columns = [each.strip().removeprefix("\ufeff") for each in cells]
    if len(set(columns)) < len(columns) or "" in columns:
        raise InvalidFile("the first line must name each column, and each once", where=where)
    return columns


def _cell(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _NUMBER.match(text):
        return json.loads(text)
    return text
