"""Consumer groups of running services, set back on the real Kafka."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.control.quick_client import QuickClient

pytestmark = pytest.mark.e2e


def client(cli: Any, name: str) -> QuickClient:
    token = (cli.state_root / name / "token").read_text(encoding="ascii").strip()
    return QuickClient(cli.engine(name)["control_url"], token, timeout_s=15)


@pytest.mark.spec("KAFKA-REPLAY")
def test_a_running_service_is_set_back_and_reads_again(shared: Any, wait_for: Callable[..., Any]) -> None:
    cli, status = shared
    control = client(cli, status["name"])
    value = base64.b64encode(b"poison").decode()

    def account() -> dict[str, Any]:
        return control.get("/v1/ledger")["groups"].get("audit", {})

    def caught_up() -> Any:
        """What is handled is committed a moment later."""
        group = cli.ok("groups", "describe", "audit", "--json").json
        return account().get("in_flight") == group["lag"] == 0 and group

    for number in range(3):
        control.post("/v1/topics/plato.plans/records", {"value_base64": value, "key": str(number)})
    wait_for(caught_up)
    before = account()
    plan = cli.ok("groups", "reset", "audit", "--to", "earliest", "--topic", "plato.plans", "--dry-run", "--json").json
    assert plan["again"] >= 3 and account()["redelivered"] == before["redelivered"]
    done = cli.ok("groups", "reset", "audit", "--to", "earliest", "--topic", "plato.plans", "--json").json
    assert done["again"] == plan["again"]
    wait_for(lambda: account()["redelivered"] == before["redelivered"] + done["again"])
    after = wait_for(lambda: (found := account())["in_flight"] == 0 and found)
    assert (after["processed"] - before["processed"], after["lost"]) == (done["again"], before["lost"])
    group = wait_for(caught_up)
    assert (group["state"], group["service"], len(group["members"])) == ("Stable", "audit", 1)
    assert "audit" in cli.ok("groups", "list").out


def test_what_cannot_be_set_is_said_with_exit_code_2(shared: Any) -> None:
    cli, _ = shared
    for arguments in (
        ("groups", "describe", "nobody"),
        ("groups", "reset", "audit", "--to", "soon"),
        ("groups", "reset", "audit", "--to", "earliest", "--topic", "no.such"),
        ("reset", "kafka"),
    ):
        done = cli.run(*arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert "error:" in done.err


def test_a_service_that_was_reset_is_as_at_its_first_start(shared: Any) -> None:
    cli, status = shared
    url = f"{status['endpoints']['plato']}/api/v1/plans"

    def plans() -> int:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)["meta"]["pagination"]["totalElements"]

    request = urllib.request.Request(url, b'{"name": "one more"}', {"Content-Type": "application/json"})
    before = plans()
    with urllib.request.urlopen(request, timeout=5) as answer:
        assert answer.status == 201
    assert plans() == before + 1
    assert "sandbox groups reset plato" in cli.ok("reset", "plato").err
    assert plans() <= before
