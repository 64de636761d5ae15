"""Which records are wanted, as people write it in one line: `key=BRENT header.X-Tenant-ID=desk $.score text`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.errors import UsageError
from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.selection import Observed, Selector, check_path

__all__ = ["RecordMatch"]

HEADER = "header."
_WORD = re.compile(r'(?:[^\s"]|"[^"]*")+')
Term = Callable[[Mapping[str, Any]], bool]


class RecordMatch:
    """All terms must hold; `!` before one turns it round. `key=`, `partition=`, `header.NAME` and `$.path` take a value
    after `=`, which `*` ends early: `key=BRENT*`; header and path alone ask whether there is one. Any other word stands
    somewhere in key, headers, value or the reason why there is none, in any case of letters. Double quotes hold words
    together.

    Raises UsageError for a path that is none, or a quote that does not end.
    """

    def __init__(self, text: str) -> None:
        if text.count('"') % 2:
            raise UsageError("a quotation mark is not closed", where="match", hint='close it: "two words"')
        self._terms = [_negated(word.replace('"', "")) for word in _WORD.findall(text)]

    def __bool__(self) -> bool:
        return bool(self._terms)

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Of a record as the control API shows it."""
        return all(term(record) for term in self._terms)


def _negated(word: str) -> Term:
    if word.startswith("!") and len(word) > 1:
        term = _term(word[1:])
        return lambda record: not term(record)
    return _term(word)


def _term(word: str) -> Term:
    name, has_value, value = word.partition("=")
    if name == "key" and has_value:
        return lambda record: record["key"] is not None and _same(record["key"], value)
    if name == "partition" and has_value:
        return lambda record: str(record["partition"]) == value
    if name.startswith(HEADER):
        return _header_term(name.removeprefix(HEADER).lower(), value if has_value else None)
    if word.startswith("$"):
        return _path_term(word)
    needle = word.lower()
    return lambda record: needle in _text(record)


def _header_term(name: str, value: str | None) -> Term:
    def holds(record: Mapping[str, Any]) -> bool:
        found = [text for each, text in record["headers"].items() if each.lower() == name]
        return any(value is None or _same(text or "", value) for text in found)

    return holds


def _path_term(word: str) -> Term:
    """`=` within brackets belongs to the path: `$.items[?@.id=='a']`."""
    depth = 0
    at = len(word)
    for place, letter in enumerate(word):
        depth += (letter == "[") - (letter == "]")
        if letter == "=" and depth == 0:
            at = place
            break
    path, value = word[:at], word[at + 1 :] if at < len(word) else None
    try:
        check_path(path)
    except BadValue as error:
        raise UsageError(f"{path} is no JSONPath: {error}", where="match", hint="such as $.payload.score") from None
    selector = Selector(path)

    def holds(record: Mapping[str, Any]) -> bool:
        found = selector.pick(Observed(document=record["value"]))
        several = found if isinstance(found, list) else [found]
        return any(each is not MISSING and (value is None or _same(_plain(each), value)) for each in several)

    return holds


def _same(text: str, wanted: str) -> bool:
    return text.startswith(wanted[:-1]) if wanted.endswith("*") else text == wanted


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _text(record: Mapping[str, Any]) -> str:
    parts = (record["key"] or "", json.dumps(record["headers"]), record.get("error") or "", _plain(record["value"]))
    return "\n".join(parts).lower()
