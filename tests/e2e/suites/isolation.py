"""Twenty tests that would all disturb each other: one entity, one topic of their own, side by side in workers."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

NODE = "rim:entity:finance:EURUSD"


@pytest.mark.parametrize("number", range(20))
def test_nothing_of_the_others_is_seen(sandbox_lease, number: int) -> None:
    count = number % 3 + 1
    for each in range(count):
        sent = sandbox_lease.publish("rim.fast-path", {"price": float(each), "stress": 0.1}, key=NODE)
        sandbox_lease.publish("orders", {"number": each}, key=str(number))
        sandbox_lease.expect("capsule.snapshots", key=NODE, correlation_id=sent.correlation_id)
        sandbox_lease.expect("orders", {"number": each})
    assert len(sandbox_lease.records("capsule.snapshots")) == count
    assert [each.key for each in sandbox_lease.records("orders")] == [str(number)] * count
    capsules = sandbox_lease.capsule.get("/api/v1/capsules", scopeId=NODE).data
    assert sorted(each["content"]["dynamics"]["price"] for each in capsules) == [float(each) for each in range(count)]
    note = {
        "worker": os.environ.get("PYTEST_XDIST_WORKER"),
        "tenant": sandbox_lease.tenant,
        "kafka": sandbox_lease.endpoints["kafka"],
        "control": sandbox_lease.endpoints["control"],
    }
    Path(os.environ["NOTES"], f"{number}.json").write_text(json.dumps(note), encoding="utf-8")


def test_a_worker_has_a_lease_of_its_own(sandbox_worker_lease) -> None:
    assert sandbox_worker_lease.tenant.startswith(f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}-")
