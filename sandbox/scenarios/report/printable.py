"""Text that came in with records and answers, made fit to be shown: it moves no cursor and breaks no XML."""

from __future__ import annotations

import re

__all__ = ["printable"]

_NOT_SHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and newline, marks that turn the direction of writing, and what is no character at all."""


def printable(text: str) -> str:
    """The same with a � for each character that must not be shown."""
    return _NOT_SHOWN.sub("\ufffd", text)
