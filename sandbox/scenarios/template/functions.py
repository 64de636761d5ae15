"""What templates can call: `uuid()`, `new_id(…)`, `now()`, `choice(…)` and `random.…`.

`random` and `choice` draw from the step's own seed: the same seed gives the same values. Ids are new in every run,
since services take an event whose id they have seen for a duplicate.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from sandbox.clock import Clock
from sandbox.contracts.ids import new_id, new_uuid
from sandbox.scenarios.model.units import duration_s
from sandbox.scenarios.template.environment import allowed_in_templates

__all__ = ["VOLATILE", "Chance", "template_functions"]

VOLATILE = frozenset({"uuid", "new_id", "now", "random", "choice", "sequence", "row"})
"""Names whose value differs from one rendering to the next; everything else stays the same during a step."""


class Chance:
    """`random` in templates."""

    members_in_templates = True

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    @allowed_in_templates
    def uniform(self, low: float, high: float) -> float:
        return self._rng.uniform(low, high)

    @allowed_in_templates
    def int(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return self._rng.randint(low, high)

    @allowed_in_templates
    def normal(self, mean: float, deviation: float) -> float:
        return self._rng.gauss(mean, deviation)

    gauss = normal

    @allowed_in_templates
    def exponential(self, mean: float) -> float:
        """A wait between two events that come by chance."""
        return self._rng.expovariate(1 / mean)

    @allowed_in_templates
    def choice(self, *options: Any) -> Any:
        """As the function `choice`."""
        return _pick(self._rng, options)

    @allowed_in_templates
    def chance(self, probability: float) -> bool:
        return self._rng.random() < probability


def template_functions(rng: random.Random, ids: random.Random, clock: Clock) -> dict[str, Any]:
    """The names of `VOLATILE` except `sequence` and `row`, which the step sets for each record."""

    @allowed_in_templates
    def uuid() -> str:
        return new_uuid(ids)

    @allowed_in_templates
    def prefixed_id(prefix: str) -> str:
        return new_id(prefix, ids)

    @allowed_in_templates
    def now(offset: str = "") -> int:
        """Epoch milliseconds; `now('-5m')` is five minutes ago."""
        if not offset:
            return clock.now_ms()
        sign = -1 if offset.startswith("-") else 1
        return clock.now_ms() + sign * round(duration_s(offset.lstrip("+-")) * 1000)

    @allowed_in_templates
    def choice(*options: Any) -> Any:
        """One of its arguments, or of the one list given."""
        return _pick(rng, options)

    functions: dict[str, Callable[..., Any]] = {"uuid": uuid, "new_id": prefixed_id, "now": now, "choice": choice}
    return {**functions, "random": Chance(rng)}


def _pick(rng: random.Random, options: tuple[Any, ...]) -> Any:
    return rng.choice(options[0] if len(options) == 1 and isinstance(options[0], list | tuple) else options)
