"""Paces as people write them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sandbox.scenarios.model.pace import Burst, BurstField, Leg, Percent, Portion, PortionField, Ramp, RampField, Stages


@pytest.mark.parametrize(
    ("kind", "text", "meant"),
    [
        (RampField, "10/s to 200/s", Ramp(10, 200)),
        (RampField, "0/s to 60/m", Ramp(0, 1)),
        (BurstField, "50 every 2s", Burst(50, 2)),
        (PortionField, "5%", Portion(probability=0.05)),
        (PortionField, "every 10th", Portion(every=10)),
        (PortionField, "every 1", Portion(every=1)),
        (Percent, "20 %", 0.2),
        (
            Stages,
            ["to 10/s over 2s", "10/s for 1m", "20/s to 0/s over 1s"],
            (Leg(0, 10, 2), Leg(10, 10, 60), Leg(20, 0, 1)),
        ),
    ],
)
def test_a_pace_is_read(kind: Any, text: Any, meant: Any) -> None:
    assert TypeAdapter(kind).validate_python(text) == meant


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        (RampField, "10/s", "expected two rates"),
        (RampField, "0/s to 0/s", "sends nothing"),
        (BurstField, "0 every 2s", "expected how many and how often"),
        (BurstField, "50 every 0s", "expected how many and how often"),
        (BurstField, "1000000 every 1ms", "faster than"),
        (PortionField, "every 0", "expected a portion"),
        (PortionField, "101%", "expected a percentage"),
        (PortionField, 0.5, "expected a portion"),
        (Stages, [], "1 to 100 stages"),
        (Stages, ["soon"], "expected a stage"),
        (Stages, ["10/s for 0s"], "stage 1 takes no time"),
        (Stages, ["0/s for 10s"], "the stages send nothing"),
    ],
)
def test_what_is_no_pace_is_told(kind: Any, text: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TypeAdapter(kind).validate_python(text)
