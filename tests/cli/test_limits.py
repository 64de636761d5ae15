from __future__ import annotations

import pytest

CAPSULE = {"query": 1000, "command": 100, "admin": 100, "windowSeconds": 60, "enabled": True}
PLATO = {**CAPSULE, "query": 2, "enabled": False}

TABLE = """\
service    query  command   admin  window
capsule     1000      100     100  60 s
plato          2      100     100  60 s  off: nothing is counted
"""


def test_a_table_shows_every_services_limits(sandbox, control) -> None:
    control.answers["GET /v1/limits"] = {"limits": {"capsule": CAPSULE, "plato": PLATO}}
    assert sandbox("limits", "list").out == TABLE
    assert sandbox("limits", "list", "--json").json == {"capsule": CAPSULE, "plato": PLATO}


def test_what_is_given_is_changed_and_the_rest_left_alone(sandbox, control) -> None:
    control.answers["PUT /v1/limits/plato"] = PLATO
    done = sandbox("limits", "set", "plato", "--query", "2", "--off")
    assert done.out.splitlines()[1].split()[:2] == ["plato", "2"]
    assert control.asked == [("PUT /v1/limits/plato", {"query": 2, "enabled": False})]


def test_a_reset_goes_back_to_what_was_configured(sandbox, control) -> None:
    control.answers["DELETE /v1/limits/capsule"] = CAPSULE
    assert sandbox("limits", "reset", "capsule", "--json").json == {"capsule": CAPSULE}


@pytest.mark.parametrize("options", [(), ("--query", "-1"), ("--query", "many")])
def test_a_change_that_is_none_is_a_usage_error(sandbox, control, options) -> None:
    assert sandbox("limits", "set", "capsule", *options).code == 2
    assert control.asked == []


def test_what_the_engine_refuses_is_said(sandbox, control) -> None:
    error = {"code": "NOT_FOUND", "message": "'audit' has no request limits", "hint": "choose from capsule"}
    control.answers["PUT /v1/limits/audit"] = (404, {"error": error})
    done = sandbox("limits", "set", "audit", "--query", "2")
    assert done.code == 2 and "choose from capsule" in done.err
