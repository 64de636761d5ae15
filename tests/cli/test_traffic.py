from __future__ import annotations

import pytest

from sandbox.cli.traffic import rate_of, traffic_line
from sandbox.errors import UsageError

STATE = {
    "running": True, "run": "run-1", "rate_per_s": 20.0, "seed": 7, "since_ms": 1, "sent": 12, "failed": 0,
    "records": {"ticks": 11, "alerts": 1, "poison": 0},
}  # fmt: skip


def test_traffic_is_told_in_one_line() -> None:
    assert traffic_line(STATE) == "traffic  20/s, seed 7, 12 records: 11 ticks, 1 alerts"
    assert traffic_line({**STATE, "failed": 3}).endswith(", 3 that Kafka did not take")


def test_a_rate_has_its_unit() -> None:
    assert rate_of("30/m") == 0.5
    with pytest.raises(UsageError, match="expected a rate with its unit"):
        rate_of("20")
