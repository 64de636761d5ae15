from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.faults.applied import AppliedFault


def test_a_step_fails_for_the_reason_that_is_given(apply: Callable[..., AppliedFault], step: Any) -> None:
    assert apply("plan-step-failure", error="no desk is open").act(step()) == "no desk is open"
    assert apply("plan-step-failure").act(step()) == "a fault makes this step fail"


@pytest.mark.parametrize(
    ("aim", "is_struck"),
    [({}, True), ({"step": "decide"}, True), ({"step": "gather-history"}, False), ({"plan": "plan_9"}, False)],
)
def test_steps_are_chosen_by_step_and_plan(
    aim: dict[str, str], is_struck: bool, apply: Callable[..., AppliedFault], step: Any
) -> None:
    assert apply("plan-step-failure", **aim).strikes(step()) is is_struck
