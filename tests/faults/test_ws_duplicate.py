from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.applied import AppliedFault


async def test_a_message_is_sent_again(apply: Callable[..., AppliedFault], frame: Any) -> None:
    message = frame()
    assert await apply("ws-duplicate", times=3).act(message) is True
    assert message.went == ["message"] * 3


async def test_it_ends_with_the_socket(apply: Callable[..., AppliedFault], frame: Any) -> None:
    message = frame(room=1)
    assert await apply("ws-duplicate", times=3).act(message) is False
    assert message.went == ["message"]
