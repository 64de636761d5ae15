"""A moment in a body or query of the control API."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator

from sandbox.contracts.instants import parse_instant
from sandbox.errors import UsageError

__all__ = ["Instant"]


def _instant(given: object) -> object:
    if isinstance(given, str | int):
        try:
            return parse_instant(given)
        except UsageError as error:
            raise ValueError(error.message) from None
    return given


Instant = Annotated[int, BeforeValidator(_instant)]
"""Epoch milliseconds, given so or as ISO-8601."""
