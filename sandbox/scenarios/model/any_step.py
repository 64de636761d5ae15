"""A step of any kind, told by its first key. Steps hold steps, so their models are completed here."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any, Union

from pydantic import Discriminator, Tag

from sandbox.scenarios.steps import STEPS
from sandbox.scenarios.steps.step import Step

__all__ = ["AnyStep", "verb_of"]


def verb_of(value: Any) -> str | None:
    """The kind of a step, which is its first key; None when that is no kind."""
    if isinstance(value, Step):
        return value.verb
    first = next(iter(value), None) if isinstance(value, Mapping) else None
    return first if first in STEPS else None


AnyStep = Annotated[
    Union[tuple(Annotated[kind, Tag(verb)] for verb, kind in STEPS.items())],  # type: ignore[misc] # noqa: UP007
    Discriminator(verb_of),
]

# The kinds whose fields name `AnyStep` are defined before it is: they find it when they are built, at their first use.
for _kind in STEPS.values():
    if _kind.step_keys:
        vars(sys.modules[_kind.__module__])["AnyStep"] = AnyStep
