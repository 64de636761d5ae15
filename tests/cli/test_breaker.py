from __future__ import annotations

import pytest

from sandbox.cli.breaker import OPERATIONS
from sandbox.contracts.operations import BREAKER_OPERATIONS

CLOSED = {
    "state": "CLOSED", "failureRate": -1.0, "slowCallRate": -1.0, "failureRateThreshold": 50,
    "slowCallRateThreshold": 90, "bufferedCalls": 2, "failedCalls": 0, "slowCalls": 0, "slowFailedCalls": 0,
    "notPermittedCalls": 0, "timeUntilHalfOpenMs": None, "timeline": [],
}  # fmt: skip
OPEN = {
    **CLOSED, "state": "OPEN", "failureRate": 62.5, "slowCallRate": 0.0, "bufferedCalls": 8, "failedCalls": 5,
    "notPermittedCalls": 12, "timeUntilHalfOpenMs": 14_250,
}  # fmt: skip
FORCED = {**CLOSED, "state": "FORCED_OPEN", "notPermittedCalls": 1}

TABLE = """\
breaker          state              failures     slow calls  in window  failed  slow  refused
odyssey/capsule  OPEN           62.5 of 50 %    0.0 of 90 %          8       5     0       12  half-open in 14.2 s
odyssey/plato    CLOSED            – of 50 %      – of 90 %          2       0     0        0
"""


def test_a_table_shows_every_breaker(sandbox, control) -> None:
    control.answers["GET /v1/breakers"] = {"breakers": {"odyssey/capsule": OPEN, "odyssey/plato": CLOSED}}
    done = sandbox("breaker", "list")
    assert (done.code, done.err) == (0, "")
    assert done.out == TABLE


def test_json_is_what_the_control_api_says(sandbox, control) -> None:
    control.answers["GET /v1/breakers"] = {"breakers": {"odyssey/capsule": OPEN}}
    assert sandbox("breaker", "list", "--json").json == {"odyssey/capsule": OPEN}


def test_no_breaker_at_all_is_said_and_no_error(sandbox, control) -> None:
    control.answers["GET /v1/breakers"] = {"breakers": {}}
    done = sandbox("breaker", "list")
    assert (done.code, done.out) == (0, "")
    assert "no service that is ready has a breaker" in done.err


@pytest.mark.parametrize("operation", BREAKER_OPERATIONS)
def test_every_operation_is_a_command_and_tells_the_change(sandbox, control, operation) -> None:
    control.answers["GET /v1/breakers"] = {"breakers": {"odyssey/capsule": CLOSED}}
    control.answers[f"POST /v1/breakers/odyssey/capsule/{operation}"] = FORCED
    done = sandbox("breaker", operation, "odyssey/capsule")
    assert done.code == 0
    assert "odyssey/capsule: CLOSED → FORCED_OPEN" in done.err
    assert done.out.splitlines()[1].split()[:2] == ["odyssey/capsule", "FORCED_OPEN"]
    assert sandbox("breaker", operation, "odyssey/capsule", "--json").json == FORCED


def test_the_commands_are_the_operations_of_the_links() -> None:
    assert tuple(OPERATIONS) == BREAKER_OPERATIONS


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("odyssey/capsul", "did you mean odyssey/capsule?"),
        ("plato", "did you mean odyssey/plato?"),
        ("xyz", "there are odyssey/capsule, odyssey/plato"),
    ],
)
def test_a_wrong_name_is_a_usage_error_with_the_nearest_one(sandbox, control, name, hint) -> None:
    control.answers["GET /v1/breakers"] = {"breakers": {"odyssey/capsule": CLOSED, "odyssey/plato": CLOSED}}
    done = sandbox("breaker", "open", name)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err
    assert [asked for asked, _ in control.asked] == ["GET /v1/breakers"], "nothing was operated"
