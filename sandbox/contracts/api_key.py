"""API keys: `butterfly_{env}_{32 characters}`, and several of them with their scopes as one text."""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["API_KEY", "EVERYTHING", "ApiKeys", "read_api_keys", "write_api_keys"]

API_KEY = re.compile(r"butterfly_[A-Za-z0-9-]+_[A-Za-z0-9]{32}\Z")
EVERYTHING = "*"
ApiKeys = Mapping[str, frozenset[str] | None]
"""Scopes by key; None stands for all of them."""
_SCOPE = re.compile(r"[\x21\x23-\x2b\x2d-\x3c\x3e-\x5b\x5d-\x7e]+\Z")
"""RFC 6749, section 3.3, without the comma and the equals sign that this text needs for itself."""


def read_api_keys(given: str | Mapping[str, object]) -> dict[str, frozenset[str] | None]:
    """From `KEY=SCOPE SCOPE,KEY=*`, or a mapping of keys to such scopes or to lists of them.

    Raises ValueError, which names an entry by its place: a key is never told.
    """
    pairs = given.items() if isinstance(given, Mapping) else [each.partition("=")[::2] for each in given.split(",")]
    keys: dict[str, frozenset[str] | None] = {}
    for place, (key, scopes) in enumerate(pairs, 1):
        key = key.strip()
        if not API_KEY.match(key):
            raise ValueError(f"key {place} does not have the form butterfly_{{env}}_{{32 letters or digits}}")
        if key in keys:
            raise ValueError(f"key {place} is given twice")
        keys[key] = _read_scopes(scopes, place)
    return keys


def write_api_keys(keys: ApiKeys) -> str:
    """What `read_api_keys` reads."""
    return ",".join(
        f"{key}={EVERYTHING if scopes is None else ' '.join(sorted(scopes))}" for key, scopes in keys.items()
    )


def _read_scopes(scopes: object, place: int) -> frozenset[str] | None:
    words = scopes.split() if isinstance(scopes, str) else scopes
    is_list = isinstance(words, list) and all(isinstance(each, str) and _SCOPE.match(each) for each in words)
    if not is_list or not words:
        raise ValueError(f'key {place} needs its scopes: "read:capsules write:capsules", or "*" for all')
    return None if EVERYTHING in words else frozenset(words)
