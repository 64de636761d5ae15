"""Tests that fail, for the look of their reports. Run by tests/e2e/test_pytest_plugin.py."""

from __future__ import annotations

import pytest

NODE = "rim:entity:finance:GBPUSD"


def test_what_does_not_come(sandbox_lease) -> None:
    with sandbox_lease.fault("http-status", on="plato", status=503):
        sandbox_lease.publish("rim.fast-path", {"price": 1.25}, key=NODE)
        sandbox_lease.expect("capsule.snapshots", key=NODE)
        sandbox_lease.capsule.get("/api/v1/capsules", scopeId=NODE)
        sandbox_lease.expect("plato.plans", {"plan_id": "plan_none"}, within=0.2)


@pytest.mark.sandbox_scenario("storm.yaml")
def test_a_scenario() -> None:
    raise AssertionError("the body of a failed scenario is not run")
