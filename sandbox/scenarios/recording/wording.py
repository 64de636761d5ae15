"""Puts recorded values into a scenario's own words: variables for ids, `now()` for moments, a template for secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from sandbox.contracts.instants import parse_instant
from sandbox.contracts.redaction import REDACTED
from sandbox.errors import UsageError
from sandbox.scenarios.recording.names import INSIDE_CHARS, SECRET

__all__ = ["Wording", "near"]

NEAR_MS = 3_600_000
"""A moment so near to when it was sent is told by its distance from now."""
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?\Z")
_OPENING = re.compile(r"\{[{%#]")
_SEPARATORS = re.compile(r"([/?&=#])")


def near(value: Any, at_ms: int, within_ms: int = NEAR_MS) -> bool:
    """Whether it is a moment close to `at_ms`: epoch milliseconds or ISO-8601."""
    moment = _moment(value)
    return moment is not None and abs(moment - at_ms) <= within_ms


class Wording:
    """At one place of the recording: `names` are value → variable, `at_ms` is when it was sent."""

    def __init__(self, names: Mapping[str, str], at_ms: int) -> None:
        self._names = names
        self._inside = sorted((value for value in names if len(value) >= INSIDE_CHARS), key=len, reverse=True)
        self._at_ms = at_ms

    def value(self, value: Any) -> Any:
        """A document, its texts and moments in words."""
        if isinstance(value, Mapping):
            return {str(name): self.value(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self.value(each) for each in value]
        if near(value, self._at_ms):
            return self._now(value)
        return self.text(value) if isinstance(value, str) else value

    def text(self, text: str) -> str:
        if text in self._names:
            return f"{{{{ {self._names[text]} }}}}"
        if not self._inside and REDACTED not in text:
            return _plain(text)
        known = [REDACTED, *(each for each in self._inside)]
        pieces = re.split("(" + "|".join(map(re.escape, known)) + ")", text)
        return "".join(self._piece(each) for each in pieces)

    def _piece(self, piece: str) -> str:
        if piece == REDACTED:
            return f"{{{{ {SECRET} }}}}"
        return f"{{{{ {self._names[piece]} }}}}" if piece in self._names else _plain(piece)

    def path(self, path: str) -> str:
        """A path with its query; what is said in words is encoded again where it was."""
        return "".join(each if _SEPARATORS.fullmatch(each) else self._segment(each) for each in _SEPARATORS.split(path))

    def _segment(self, raw: str) -> str:
        plain = unquote(raw)
        if near(plain, self._at_ms):
            return str(self._now(plain)).replace(" }}", " | string | urlencode }}")
        told = self.text(plain)
        if told == _plain(plain):
            return _plain(raw)
        if quote(plain, safe=":~@!$'()*,;") == plain or plain in (REDACTED, raw):
            return told
        return told.replace(" }}", " | urlencode }}")

    def _now(self, value: Any) -> str:
        moment = _moment(value)
        assert moment is not None
        offset_s = round((moment - self._at_ms) / 1000)
        text = "now()" if offset_s == 0 else f"now('{offset_s:+d}s')"
        return f"{{{{ {text} | iso }}}}" if isinstance(value, str) and not value.isdigit() else f"{{{{ {text} }}}}"


def _moment(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 10**12 <= value < 10**13 else None
    if not isinstance(value, str):
        return None
    if value.isdigit():
        return int(value) if len(value) == 13 else None
    if not _ISO.match(value):
        return None
    try:
        return parse_instant(value)
    except UsageError:
        return None


def _plain(text: str) -> str:
    """Text that looks like a template is written as one that gives it."""
    return _OPENING.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)
