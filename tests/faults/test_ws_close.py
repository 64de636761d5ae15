from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault

Apply = Callable[..., AppliedFault]


@pytest.mark.parametrize(
    ("parameters", "went"),
    [
        ({}, (1011, "")),
        ({"code": 1012, "reason": "restarts"}, (1012, "restarts")),
        ({"code": 4000}, (4000, "")),
        ({"code": 1006}, "cut"),
    ],
)
async def test_the_socket_ends_in_place_of_a_message(
    parameters: dict[str, Any], went: Any, apply: Apply, frame: Any
) -> None:
    message = frame()
    assert await apply("ws-close", **parameters).act(message) is False
    assert message.went == [went]


@pytest.mark.parametrize("code", [999, 1004, 1005, 1015, 5000])
def test_a_code_that_no_server_sends_is_refused(code: int) -> None:
    with pytest.raises(UsageError) as caught:
        read_fault("ws-close", {"code": code})
    assert caught.value.where == "code"


@pytest.mark.parametrize(
    ("aim", "is_struck"),
    [
        ({}, True),
        ({"plan": "plan_123"}, True),
        ({"plan": "plan_9"}, False),
        ({"type": "STEP_*"}, True),
        ({"type": "PLAN_*"}, False),
        ({"after_messages": 4}, True),
        ({"after_messages": 5}, False),
    ],
)
def test_messages_are_chosen_by_plan_type_and_how_many_came_before(
    aim: dict[str, Any], is_struck: bool, apply: Apply, frame: Any
) -> None:
    assert apply("ws-close", **aim).strikes(frame(sent=4)) is is_struck
