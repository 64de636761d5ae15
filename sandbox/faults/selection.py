"""One field of a record's value, as what chooses the records that a fault means."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["field_is"]

_NOTHING = object()


def field_is(value: Any, predicate: str | None) -> bool:
    """`metadata.desk=FX`, `entities.0=rim:…`, `trust_score=0.5`: whether the field of a decoded value is that.

    Numbers, true, false and null are compared as such, anything else as text; without a predicate it is.
    """
    if predicate is None:
        return True
    path, _, wanted = predicate.partition("=")
    found = _at(value, path.split("."))
    if found is _NOTHING:
        return False
    if isinstance(found, str):
        return found == wanted
    try:
        given = json.loads(wanted)
    except ValueError:
        return False
    return bool(given == found) and isinstance(given, bool) == isinstance(found, bool)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return _NOTHING
    return value
