"""Recorded traffic is published again with its timing."""

import json
from typing import Any

import pytest

from sandbox.scenarios.load import InvalidScenario

LINES = [
    {
        "at_ms": 5_000,
        "topic": "rim.fast-path",
        "key": "k",
        "headers": {"X-Place": "{{ place }}"},
        "value": {"stress": 0.5},
    },
    {"at_ms": 7_000, "topic": "rim.fast-path", "key": "k", "raw": {"hex": "00ff"}},
    {"at_ms": 5_500, "topic": "audit.events", "value": {"auditId": "{{ uuid() }}"}},
    {"at_ms": 7_000, "topic": "rim.fast-path", "key": "k"},
]
STORY = """
scenario: s
vars: {place: here}
steps:
  - replay: recording.jsonl
    as: recorded
    speed: SPEED
  - say: "{{ recorded.sent }}"
"""


def recording(*lines: Any) -> dict[str, str]:
    return {"recording.jsonl": "".join(json.dumps(each) + "\n" for each in lines or LINES)}


@pytest.mark.parametrize(("speed", "at_s"), [(1, [0, 0.5, 2, 2]), (4, [0, 0.125, 0.5, 0.5])])
async def test_records_keep_the_distances_they_were_recorded_with(
    speed: int, at_s: list[float], world: Any, play: Any
) -> None:
    sent_at: list[float] = []
    world.on_publish = lambda each: sent_at.append(world.clock.monotonic_ns() / 1e9)
    result = await play(STORY.replace("SPEED", str(speed)), files=recording())
    assert sent_at == pytest.approx(at_s, abs=0.06)
    first, audit, raw, tombstone = world.published
    assert (first.key, first.value["stress"], first.headers) == ("k", 0.5, (("X-Place", b"here"),))
    assert (raw.value, tombstone.value) == (b"\x00\xff", None) and b"uuid" not in audit.value
    assert result.steps[1].title == "4"
    times = "" if speed == 1 else " 4 times as fast"
    assert result.steps[0].title == f"replay 4 records of recording.jsonl in {'2s' if speed == 1 else '500ms'}{times}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"topic": "rim.fast-path"}, "at_ms: Field required"),
        ({"at_ms": 1, "topic": "rim.fast-path", "valu": 1}, "valu: Extra inputs"),
        ({"at_ms": 1, "topic": "rim.fast-pat", "value": {}}, "there is no topic 'rim.fast-pat'"),
        ({"at_ms": 1, "topic": "rim.fast-path", "value": {"stres": 1}}, "RimFastEvent has no field 'stres'"),
        ({"at_ms": 1, "topic": "audit.events", "value": {"a": "{{ nobody }}"}}, "nothing is named 'nobody' here"),
    ],
)
async def test_a_bad_line_is_told(line: Any, message: str, play: Any) -> None:
    with pytest.raises(InvalidScenario, match=message) as caught:
        await play(
            STORY.replace("SPEED", "1"), files=recording({"at_ms": 0, "topic": "audit.events", "value": 1}, line)
        )
    assert caught.value.where in ("recording.jsonl:2", "story.yaml:5")
