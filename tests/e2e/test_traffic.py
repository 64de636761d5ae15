"""Traffic on the real Kafka: ambient, from files, recorded, poisoned, by a schema of the registry, and as a load."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

STORY = """
scenario: Every way to make traffic
purpose: Records and calls arrive as the scenario says.
tags: [traffic]
seed: 5
steps:
  - publish: rim.fast-path
    from: data/rows.csv
    key: "rim:entity:finance:{{ row.node }}"
    value: {stress: "{{ row.stress }}", status: OK}
  - expect: capsule.snapshots
    where: {$.scope_id: rim:entity:finance:ROWTWO}
    within: 10s
  - replay: data/recording.jsonl
  - expect: capsule.snapshots
    where: {$.scope_id: rim:entity:finance:REPLAYED}
    count: 2
    within: 10s
  - publish: rim.fast-path
    key: rim:entity:finance:REGISTERED
    schema: rim.fast-path-value:1
    value: {stress: 0.2, status: OK}
    count: 40
    burst: 10 every 200ms
    duplicates: every 10th
  - expect: capsule.snapshots          # CAPSULE knows a duplicate
    where: {$.scope_id: rim:entity:finance:REGISTERED}
    count: 40
    within: 10s
  - load: GET {{ capsule }}/api/v1/capsules?limit=1
    as: readers
    background: true
    stages: [to 40/s over 1s, 40/s for 1s]
    expect: {sent: 60, errors: 0, p50_ms: {lt: 1000}}
  - publish: rim.fast-path
    key: rim:entity:finance:REGISTERED
    poison: POISON
  - dlq: rim.fast-path
    where: {$.failureCategory: DESERIALIZATION}
    within: 10s
  - wait: 2s
  - stop: readers
"""
RECORDING = [
    {"at_ms": 10, "topic": "rim.fast-path", "key": "rim:entity:finance:REPLAYED", "value": {"stress": 0.5}},
    {"at_ms": 310, "topic": "rim.fast-path", "key": "rim:entity:finance:REPLAYED", "value": {"stress": 0.6}},
]


@pytest.fixture
def story(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "rows.csv").write_text("node,stress\nROWONE,0.1\nROWTWO,0.2\n")
    (tmp_path / "data" / "recording.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in RECORDING))
    path = tmp_path / "story.yaml"
    path.write_text(STORY)
    return path


@pytest.mark.parametrize("poison", ["bad-magic", "unknown-id", "undecodable", "wrong-schema"])
def test_every_way_to_make_traffic_reaches_the_services(poison: str, story: Path, shared: Any) -> None:
    if poison != "bad-magic":  # the rest is the same in each
        text = STORY[: STORY.index("  - publish")] + STORY[STORY.rindex("  - publish") : STORY.index("  - wait: 2s")]
        story.write_text(text)
    story.write_text(story.read_text().replace("POISON", poison))
    cli, _ = shared
    result = cli.ok("scenario", "run", str(story), "--json").json
    assert result["outcome"] == "passed"


def test_ambient_traffic_goes_on_until_it_is_stopped(shared: Any, wait_for: Callable[..., Any]) -> None:
    cli, _ = shared
    started = cli.ok("traffic", "start", "--rate", "100/s", "--seed", "3", "--json").json
    try:
        assert (started["running"], started["rate_per_s"], started["seed"]) == (True, 100, 3)
        again = cli.ok("traffic", "start")
        assert "it runs already" in again.err and "100/s, seed 3" in again.out
        assert cli.run("traffic", "start", "--rate", "7/s").code == 2

        def sent() -> Any:
            """Records of every kind are sent."""
            state = cli.ok("traffic", "start", "--json").json
            return state["records"].get("alerts") and state["records"].get("poison") and state

        assert wait_for(sent, 20)["failed"] == 0
        assert "traffic  100/s, seed 3" in cli.ok("status").out
    finally:
        stopped = cli.ok("traffic", "stop", "--json").json
    assert (stopped["running"], stopped["run"]) == (False, started["run"]) and stopped["sent"] > 20
    assert "there was no traffic" in cli.ok("traffic", "stop").err
    assert "traffic" not in cli.ok("status").out
