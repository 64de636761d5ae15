from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.faults.applied import AppliedFault
from sandbox.faults.reading import read_fault

Apply = Callable[..., AppliedFault]


async def test_it_answers_in_the_services_place(apply: Apply, request_: Any) -> None:
    request = request_()
    assert await apply("http-status", status=503).act(request) == (503, None, None)
    assert await apply("http-status", status=429, retry_after=7, message="slow down").act(request) == (
        429, "slow down", 7,
    )  # fmt: skip
    assert not request.served


@pytest.mark.parametrize("status", [200, 399, 600, "none"])
def test_only_a_status_of_an_error_will_do(status: Any) -> None:
    with pytest.raises(UsageError) as caught:
        read_fault("http-status", {"status": status})
    assert caught.value.where == "status"


@pytest.mark.parametrize(
    ("filters", "path", "is_struck"),
    [
        ({}, "/anything", True),
        ({"path": "/api/v1/history/*"}, "/api/v1/history/rim:entity:finance:A[1]/B", True),
        ({"path": "/api/v1/history/*"}, "/api/v1/capsules", False),
        ({"path": "/api/v1/capsules"}, "/api/v1/capsules/cap_1", False),
        ({"path": "/api/v1/entities/A[1]"}, "/api/v1/entities/A[1]", True),
        ({"method": "POST"}, "/api/v1/capsules", False),
    ],
)
def test_paths_and_methods_choose_the_requests(
    filters: dict[str, str], path: str, is_struck: bool, apply: Apply, request_: Any
) -> None:
    assert apply("http-status", status=503, **filters).strikes(request_(path=path)) is is_struck


def test_the_actuator_is_covered_only_when_aimed_at() -> None:
    assert not read_fault("http-status", {"status": 503}).covers_actuator
    assert not read_fault("http-status", {"status": 503, "path": "/*"}).covers_actuator
    assert read_fault("http-status", {"status": 503, "path": "/actuator/health"}).covers_actuator
