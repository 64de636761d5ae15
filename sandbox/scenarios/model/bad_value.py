"""A value in a scenario file that cannot be used, on its way through pydantic to the loader, which adds the place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["BadValue", "nearest"]


class BadValue(ValueError):
    """`where` is set when the place is known more exactly than the field that holds the value; `path` leads to it."""

    def __init__(
        self, message: str, *, hint: str | None = None, where: str | None = None, path: tuple[str | int, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where
        self.path = path


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be, None when there is none close."""
    words = {each.lower(): each for each in known}
    found = difflib.get_close_matches(word.lower(), words, n=1, cutoff=0.55)
    return words[found[0]] if found else None
