from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.applied import AppliedFault


async def test_a_message_is_left_out_and_the_stream_goes_on(apply: Callable[..., AppliedFault], frame: Any) -> None:
    message = frame()
    assert await apply("ws-drop").act(message) is True
    assert message.went == ["nothing"]
