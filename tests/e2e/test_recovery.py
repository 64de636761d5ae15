"""The seed's dead letter queue, whole: fail after retries, investigate, fix, replay, succeed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.control.quick_client import QuickClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

EURUSD = "rim:entity:finance:EURUSD"
ALERT = {
    "rim_node_id": EURUSD, "event_id": "evt-recovered", "stress": 0.95, "status": "ALERT", "critical_metrics": {},
    "vector_timestamp": {"event_ts_ms": 1_733_220_000_000, "ingest_ts_ms": 1_733_220_000_005, "logical_clock": 0},
}  # fmt: skip


@pytest.mark.spec("DLQ-AFTER-RETRIES", "DLQ-INVESTIGATE", "DLQ-REPLAY", "DLQ-REPLAY-SUCCESS", "DLQ-REPLAY-MANUAL")
def test_an_alert_that_failed_while_plato_was_away_is_replayed_to_success(
    cli: Any, wait_for: Callable[..., Any]
) -> None:
    name = cli.ok("up", "--ports", "auto", "--json", "--profile", "demo", "--isolate").json["name"]
    control = QuickClient(cli.engine(name)["control_url"], (cli.state_root / name / "token").read_text("ascii").strip())
    control.post("/v1/components/plato/stop", {})
    control.post("/v1/topics/rim.fast-path/records", {"key": EURUSD, "value": ALERT})

    def letters() -> list[dict[str, Any]]:
        return cli.ok("dlq", "list", "rim.fast-path", "--json").json

    wait_for(letters, limit_s=60)
    (letter,) = letters()
    assert (letter["consumerGroupId"], letter["failureCategory"]) == ("odyssey-reflex", "DOWNSTREAM_FAILURE")
    found = control.get(f"/v1/dlq/rim.fast-path/{letter['id']}")["letter"]
    assert (found["retryCount"], found["key"]) == (3, EURUSD)
    assert "plato" in found["errorMessage"]
    control.post("/v1/components/plato/start", {})
    wait_for(lambda: cli.run("status", "--json").json["ready"], limit_s=30)
    replay = cli.ok("dlq", "replay", "rim.fast-path", "--reason", "PLATO is back", "--json").json
    assert (replay["replayed"], replay["failed"]) == (1, 0)
    wait_for(lambda: [each["status"] for each in letters()] == ["RESOLVED"], limit_s=30)
