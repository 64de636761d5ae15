from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import UnknownName, UsageError
from sandbox.faults.reading import UnknownParameter, check_service, read_fault


def test_texts_of_a_command_line_and_underscores_are_read() -> None:
    given = {"status": "503", "retry_after": "2", "probability": "0.25", "first": "4"}
    assert read_fault("http-status", given).describe() == (
        "http-status --status 503 --retry-after 2 --probability 0.25 --first 4"
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
    assert caught.value.hint == (
        "choose from ms, jitter, lower, upper, median, sigma, path, method, client, header, probability, seed, first, "
        "nth, every, begins-in, duration, on-for, off-for"
    )


@pytest.mark.parametrize(
    ("kind", "parameters", "where"),
    [
        ("http-status", {}, "status"),
        ("http-status", {"status": 503, "probability": 0}, "probability"),
        ("http-status", {"status": 503, "first": 0}, "first"),
        ("http-status", {"status": 503, "duration": 5}, "duration"),
        ("http-status", {"status": 503, "duration": "0s"}, "duration"),
        ("http-status", {"status": 503, "begins-in": "soon"}, "begins-in"),
        ("http-status", {"status": 503, "header": "X-Tenant-ID"}, "header"),
        ("http-status", {"status": 503, "nth": 2, "every": 3}, "http-status"),
        ("http-status", {"status": 503, "on-for": "2s"}, "http-status"),
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


def test_a_duration_without_a_unit_is_told_how_to_be_written() -> None:
    with pytest.raises(UsageError) as caught:
        read_fault("latency", {"ms": 1, "duration": "5"})
    assert caught.value.hint == "write 200ms, 5s, 1m or 2h"


def test_where_a_kind_does_not_act_is_told_with_what_does() -> None:
    check_service("latency", "plato")
    with pytest.raises(UsageError) as caught:
        check_service("plan-step-failure", "capsule")
    assert caught.value.hint.startswith("it acts on plato; on capsule act http-status, latency")
