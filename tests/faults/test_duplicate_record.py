from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.faults.applied import AppliedFault


@pytest.mark.parametrize(("parameters", "times"), [({}, 2), ({"times": 4}, 4)])
async def test_the_same_record_is_sent_again_and_the_first_is_what_the_publisher_knows(
    parameters: dict[str, int], times: int, apply: Callable[..., AppliedFault], outgoing: Any
) -> None:
    record = outgoing()
    assert await apply("duplicate-record", **parameters).act(record) == "sent 1"
    assert record.went == ["as it is"] * times
