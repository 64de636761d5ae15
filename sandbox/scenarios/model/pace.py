"""How fast records or calls follow each other, as people write it: `10/s to 200/s`, `50 every 2s`, `5%`, stages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema

from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.units import FASTEST_PER_S, duration_s, rate_per_s
from sandbox.scenarios.template.tree import Template, compile_template

__all__ = [
    "Burst", "BurstField", "Leg", "Percent", "Portion", "PortionField", "Ramp", "RampField", "RateOrTemplate",
    "Stages", "rate_of",
]  # fmt: skip

STAGES_LIMIT = 100
_RATE_TEXT = r"\d+(?:\.\d+)?\s*/\s*[smh]"
_RAMP = re.compile(rf"({_RATE_TEXT})\s+to\s+({_RATE_TEXT})\Z")
_BURST = re.compile(r"(\d{1,7})\s+every\s+(\S.*)\Z")
_LEVEL = re.compile(rf"({_RATE_TEXT})\s+for\s+(\S.*)\Z")
_SLOPE = re.compile(rf"(?:({_RATE_TEXT})\s+)?to\s+({_RATE_TEXT})\s+over\s+(\S.*)\Z")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,6})?)\s*%\Z")
_EVERY = re.compile(r"every\s+(\d{1,7})(?:st|nd|rd|th)?\Z")


@dataclass(frozen=True, slots=True)
class Ramp:
    """From one rate to another, evenly."""

    start_per_s: float
    end_per_s: float


@dataclass(frozen=True, slots=True)
class Burst:
    """`count` at once, every `every_s` seconds."""

    count: int
    every_s: float


@dataclass(frozen=True, slots=True)
class Leg:
    """One stage: a rate that is held, or that changes evenly, for `lasts_s` seconds."""

    start_per_s: float
    end_per_s: float
    lasts_s: float

    @property
    def count(self) -> float:
        """How many fall into it."""
        return (self.start_per_s + self.end_per_s) / 2 * self.lasts_s


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of many: each with a `probability`, or every nth."""

    probability: float = 0.0
    every: int = 0


def _rate(text: str) -> float:
    """Also nought, which a ramp may begin or end with."""
    return 0.0 if float(text.split("/")[0]) == 0 else rate_per_s(text)


def _ramp(value: Any) -> Ramp:
    match = _RAMP.match(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise BadValue(f"expected two rates, found {value!r}", hint="write 10/s to 200/s")
    ramp = Ramp(_rate(match[1]), _rate(match[2]))
    if ramp.start_per_s + ramp.end_per_s == 0:
        raise BadValue("a ramp from nought to nought sends nothing")
    return ramp


def _burst(value: Any) -> Burst:
    match = _BURST.match(value.strip()) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0 or not (every_s := duration_s(match[2])):
        raise BadValue(f"expected how many and how often, found {value!r}", hint="write 50 every 2s")
    if int(match[1]) / every_s > FASTEST_PER_S:
        raise BadValue(f"{value} is faster than {FASTEST_PER_S:,.0f}/s")
    return Burst(int(match[1]), every_s)


def _stages(value: Any) -> tuple[Leg, ...]:
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list) or not value or len(value) > STAGES_LIMIT:
        raise BadValue(f"expected a list of 1 to {STAGES_LIMIT} stages", hint="write - 100/s for 30s")
    legs: list[Leg] = []
    for place, text in enumerate(value):
        legs.append(_leg(text, place, legs[-1].end_per_s if legs else 0.0))
    if not any(leg.count >= 1 for leg in legs) and sum(leg.count for leg in legs) < 1:
        raise BadValue("the stages send nothing")
    return tuple(legs)


def _leg(text: Any, place: int, before_per_s: float) -> Leg:
    stripped = text.strip() if isinstance(text, str) else ""
    if match := _LEVEL.match(stripped):
        start = end = _rate(match[1])
        lasts_s = duration_s(match[2])
    elif match := _SLOPE.match(stripped):
        start, end = (before_per_s if match[1] is None else _rate(match[1])), _rate(match[2])
        lasts_s = duration_s(match[3])
    else:
        hint = "write `100/s for 30s`, or `to 100/s over 10s` to get there from the stage before"
        raise BadValue(f"expected a stage, found {text!r}", hint=hint, where=getattr(text, "where", None))
    if lasts_s <= 0:
        raise BadValue(f"stage {place + 1} takes no time", where=getattr(text, "where", None))
    return Leg(start, end, lasts_s)


def _portion(value: Any) -> Portion:
    if isinstance(value, Portion):
        return value
    stripped = value.strip() if isinstance(value, str) else ""
    if match := _EVERY.match(stripped):
        if int(match[1]) > 0:
            return Portion(every=int(match[1]))
    elif _PERCENT.match(stripped):
        return Portion(probability=_percent(value))
    raise BadValue(f"expected a portion, found {value!r}", hint="write 5% or every 10th")


def _percent(value: Any) -> float:
    match = _PERCENT.match(value.strip()) if isinstance(value, str) else None
    if match is None or float(match[1]) > 100:
        raise BadValue(f"expected a percentage, found {value!r}", hint="write 20%")
    return float(match[1]) / 100


def _rate_or_template(value: Any) -> float | Template:
    if isinstance(value, str) and "{{" in value:
        return compile_template(value)
    return rate_per_s(value)


def rate_of(rate: float | Template | None, names: Any) -> float | None:
    """The rate once the names are known. Raises BadValue or TemplateFailed."""
    return rate_per_s(rate.render(names)) if isinstance(rate, Template) else rate


RateOrTemplate = Annotated[
    float | Template, PlainValidator(_rate_or_template), WithJsonSchema({"type": "string", "examples": ["100/s"]})
]
"""Events a second; a text with templates becomes a rate when it is filled."""
RampField = Annotated[Ramp, PlainValidator(_ramp), WithJsonSchema({"type": "string", "examples": ["10/s to 200/s"]})]
BurstField = Annotated[Burst, PlainValidator(_burst), WithJsonSchema({"type": "string", "examples": ["50 every 2s"]})]
PortionField = Annotated[
    Portion, PlainValidator(_portion), WithJsonSchema({"type": "string", "examples": ["5%", "every 10th"]})
]
Stages = Annotated[
    tuple[Leg, ...],
    PlainValidator(_stages),
    WithJsonSchema({
        "type": "array",
        "items": {"type": "string", "examples": ["100/s for 30s", "to 100/s over 10s", "10/s to 100/s over 10s"]},
        "minItems": 1,
    }),
]  # fmt: skip
Percent = Annotated[
    float, BeforeValidator(_percent), Field(ge=0, le=1), WithJsonSchema({"type": "string", "examples": ["20%"]})
]
