from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.contracts.poison import Poison
from sandbox.errors import UsageError
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault


@pytest.mark.parametrize("way", Poison)
async def test_the_record_goes_out_unreadable(way: str, apply: Callable[..., AppliedFault], outgoing: Any) -> None:
    record = outgoing()
    assert await apply("poison-record", way=way).act(record) == "sent poisoned"
    assert record.went == [way]


def test_an_unknown_way_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="wrong-schema"):
        read_fault("poison-record", {"way": "arsenic"})
