from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import UnknownName, UsageError
from sandbox.faults.reading import UnknownParameter, read_fault


def test_texts_of_a_command_line_and_underscores_are_read() -> None:
    given = {"status": "503", "retry_after": "2", "probability": "0.25", "limit": "4"}
    assert read_fault("http-status", given).describe() == (
        "http-status --status 503 --retry-after 2 --probability 0.25 --limit 4"
    )


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        read_fault("http-statu", {})
    assert (caught.value.where, caught.value.hint) == ("kind", "did you mean http-status?")


def test_an_unknown_parameter_names_the_nearest_of_that_kind() -> None:
    with pytest.raises(UnknownParameter) as caught:
        read_fault("latency", {"m": 5})
    assert (caught.value.where, caught.value.hint) == ("m", "did you mean ms?")
    with pytest.raises(UnknownParameter) as caught:
        read_fault("latency", {"colour": 5})
    assert caught.value.hint == "choose from ms, jitter, path, method, probability, seed, limit"


@pytest.mark.parametrize(
    ("kind", "parameters", "where"),
    [
        ("http-status", {}, "status"),
        ("http-status", {"status": 503, "probability": 0}, "probability"),
        ("http-status", {"status": 503, "limit": 0}, "limit"),
        ("http-status", {"status": 503, "path": "api"}, "path"),
        ("http-status", {"status": 503, "method": "get"}, "method"),
        ("latency", {"ms": "fast"}, "ms"),
        ("latency", {"ms": -1}, "ms"),
        ("plan-step-failure", {"error": ""}, "error"),
    ],
)
def test_a_parameter_that_will_not_do_is_named(kind: str, parameters: dict[str, Any], where: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_fault(kind, parameters)
    assert caught.value.where == where
