"""What the steps that do something many times have in common: how fast, how often, and beside which other steps."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, model_validator

from sandbox.scenarios import pacing
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.pace import BurstField, Percent, RampField, RateOrTemplate, Stages, rate_of
from sandbox.scenarios.model.units import Duration, format_duration
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.background import BackgroundStep
from sandbox.scenarios.template.tree import Template, shown

__all__ = ["PacedStep"]

PACES = ("rate", "ramp", "burst", "stages")


class PacedStep(BackgroundStep):
    """Its pace is one of `rate`, `ramp`, `burst` and `stages`, or as fast as possible."""

    count: int | None = Field(default=None, ge=1, le=10_000_000)
    """How many; 1 when left out, without end in the background."""
    rate_per_s: RateOrTemplate | None = Field(default=None, alias="rate")
    """How fast; as fast as possible when left out."""
    ramp: RampField | None = None
    """`10/s to 200/s`: evenly from one rate to another, over `count` or `for`."""
    burst: BurstField | None = None
    """`50 every 2s`: many at once, then nothing."""
    stages: Stages | None = None
    """A load profile: `100/s for 30s`, `to 200/s over 10s`…, one after the other. The first `to` begins at nought."""
    for_s: Duration | None = Field(default=None, alias="for")
    """How long it goes on, in place of `count`."""
    jitter: Percent = 0.0
    """Each comes late by a random part of the gap to the next, up to this percentage of it."""

    @model_validator(mode="after")
    def _pace(self) -> PacedStep:
        given = [key for key, value in zip(PACES, self._paces(), strict=True) if value is not None]
        if len(given) > 1:
            raise BadValue(f"`{given[0]}` and `{given[1]}` both say how fast", hint="keep one of them")
        if self.for_s is not None:
            if self.stages or self.count is not None:
                other = "stages" if self.stages else "count"
                raise BadValue(f"`for` and `{other}` both say how long", hint="keep one of them")
            if not given:
                raise BadValue("`for` needs a pace", hint="add `rate: 10/s`")
        if self.stages and self.count is not None:
            raise BadValue("`count` and `stages` both say how many", hint="keep one of them")
        if self.ramp and self.count is None and self.for_s is None:
            raise BadValue("a ramp needs an end", hint="add `for: 10s` or `count: 100`")
        if self.jitter and not given:
            raise BadValue("`jitter` needs a pace", hint="add `rate: 10/s`")
        if self.background and not self._ends() and not given:
            raise BadValue(f"a {self.verb} in the background without count needs a rate", hint="add `rate: 10/s`")
        return self

    def _paces(self) -> tuple[Any, ...]:
        return (self.rate_per_s, self.ramp, self.burst, self.stages)

    def _ends(self) -> bool:
        """Whether it ends by itself, in the background too."""
        return self.count is not None or self.for_s is not None or self.stages is not None

    def pace_title(self, names: Mapping[str, Any] | None) -> str:
        """` at 100/s in the background`."""
        return f"{self._pace_text(names)}{' in the background' if self.background else ''}"

    def _pace_text(self, names: Mapping[str, Any] | None) -> str:
        lasts = "" if self.for_s is None else f" for {format_duration(self.for_s)}"
        if isinstance(self.rate_per_s, Template):
            return f" at {shown(self.rate_per_s, names)}{lasts}"
        if self.rate_per_s is not None:
            return f" at {self.rate_per_s:g}/s{lasts}"
        if self.ramp:
            return f" at {self.ramp.start_per_s:g}/s to {self.ramp.end_per_s:g}/s{lasts}"
        if self.burst:
            return f" in bursts of {self.burst.count:,} every {format_duration(self.burst.every_s)}{lasts}"
        if self.stages:
            top = max(rate for leg in self.stages for rate in (leg.start_per_s, leg.end_per_s))
            return f" at up to {top:g}/s for {format_duration(sum(leg.lasts_s for leg in self.stages))}"
        return ""

    def moments(self, turn: Turn, default_count: int | None) -> Iterator[int]:
        """When each is due, in nanoseconds from the start. `default_count` is how many when the step does not say, None
        for no end."""
        count = self.count
        if count is None and self.for_s is None and self.stages is None:
            count = default_count
        moments = self._moments(turn, count)
        if self.jitter:
            moments = pacing.jittered(moments, self.jitter, self.chance(turn))
        if self.for_s is not None and not self.ramp:
            limit_ns = self.for_s * pacing.NANOS
            moments = itertools.takewhile(lambda moment_ns: moment_ns < limit_ns, moments)
        return moments if count is None else itertools.islice(moments, count)

    def _moments(self, turn: Turn, count: int | None) -> Iterator[int]:
        if self.stages:
            return pacing.staged(self.stages)
        if self.ramp:
            return pacing.ramp(self.ramp, count=count, lasts_s=self.for_s)
        if self.burst:
            return pacing.bursts(self.burst)
        rate_per_s = rate_of(self.rate_per_s, turn.names)
        return pacing.at_once() if rate_per_s is None else pacing.steady(rate_per_s)

    def chance(self, turn: Turn) -> random.Random:
        """A source of its own, so that what it draws changes no value."""
        return random.Random(f"{turn.stage.seed}/{self.at}/pace")
