from typing import Any

import pytest

STORY = """
scenario: s
steps:
  - publish: rim.fast-path
  - expect: capsule.snapshots
    {options}
"""


def story(options: str) -> str:
    return STORY.replace("{options}", options.replace("\n", "\n    "))


@pytest.mark.parametrize(
    "options",
    [
        "where: {$.scope_id: a}",
        "where: {$.n: {gte: 2}, key: k2}",
        "key: k2",
        "headers: {X-Correlation-ID: {matches: ^trace}}",
        "where: {header.X-Correlation-ID: trace-1, partition: 0, offset: {between: [0, 9]}, topic: capsule.snapshots}",
        "count: 3",
        "count: {between: [2, 3]}",
        "where: {$.missing: {exists: false}}\ncount: {gte: 3}",
    ],
)
async def test_records_that_fit_are_found(options: str, world: Any, play: Any) -> None:
    def arrive(_: Any) -> None:
        for number in (1, 2, 3):
            value = {"scope_id": "a", "n": number}
            world.arrives("capsule.snapshots", value, key=f"k{number}", headers={"X-Correlation-ID": "trace-1"})

    world.on_publish = arrive
    result = await play(story(options + "\nwithin: 1s"))
    assert result.outcome == "passed" and result.took_ms == 0


async def test_it_waits_until_the_record_comes(world: Any, play: Any) -> None:
    result = await play(
        story("where: {$.n: 2}\nwithin: 10s"),
        at={
            1.0: lambda: world.arrives("capsule.snapshots", {"n": 1}),
            3.0: lambda: world.arrives("capsule.snapshots", {"n": 2}),
        },
    )
    assert result.outcome == "passed" and result.took_ms == pytest.approx(3000, abs=60)
    assert result.steps[1].detail == "capsule.snapshots-0@1"


async def test_the_first_that_fits_can_be_captured_and_named(world: Any, play: Any) -> None:
    def arrive(_: Any) -> None:
        world.arrives("capsule.snapshots", {"n": 1, "id": "x"}, key="k", headers={"H": "h"})
        world.arrives("capsule.snapshots", {"n": 1, "id": "y"})

    world.on_publish = arrive
    result = await play(
        story("as: found\nwhere: {$.n: 1}\ncount: 2\ncapture: {id: $.id, at: offset, who: header.H}")
        + """
  - say: "{{ id }} {{ at }} {{ who }} {{ found.value.id }} {{ found.key }} {{ found.headers.H }} {{ found.topic }}"
"""
    )
    assert result.steps[-1].title == "x 0 h x k h capsule.snapshots"
    assert result.steps[1].detail == "capsule.snapshots-0@0 and 1 more"


async def test_a_failure_shows_the_nearest_records_and_what_keeps_them_from_fitting(world: Any, play: Any) -> None:
    def arrive(_: Any) -> None:
        world.arrives("capsule.snapshots", {"scope_id": "b", "n": 1}, headers={"X-Request-ID": "req-1"})
        world.arrives("capsule.snapshots", {"scope_id": "a", "n": 1}, headers={"X-Request-ID": "req-2"})
        world.arrives("capsule.snapshots", b"\x00poison")

    world.on_publish = arrive
    result = await play(story("where: {$.scope_id: a, $.n: {gte: 2}}\nwithin: 5s"))
    assert result.steps[1].failure.lines() == [
        "expected  ≥ 1 record(s) on capsule.snapshots with $.scope_id a, $.n ≥ 2",
        "actual    0 of 3 records fit in 5s",
        "nearest   capsule.snapshots-0@1 · req-2 · 5.0 s ago · $.n is 1",
        "          capsule.snapshots-0@2 · 5.0 s ago · $.scope_id is nothing · $.n is nothing",
        "          capsule.snapshots-0@0 · req-1 · 5.0 s ago · $.scope_id is b · $.n is 1",
    ]
    assert result.exit_code == 1


async def test_silence_is_told_apart_from_records_that_do_not_fit(play: Any) -> None:
    result = await play(story("within: 2s"))
    assert result.steps[1].failure.lines() == [
        "expected  ≥ 1 record(s) on capsule.snapshots",
        "actual    no record came in 2s",
        "hint      nothing at all was written to the topic: look at the service that writes it, and at its DLQ",
    ]


async def test_none_is_watched_for_to_the_end(world: Any, play: Any) -> None:
    result = await play(story("count: 0\nwithin: 3s"))
    assert result.outcome == "passed" and result.took_ms == pytest.approx(3000)
    assert result.steps[1].detail == "none, as expected"
    late = {2.0: lambda: world.arrives("capsule.snapshots", {"n": 1})}
    result = await play(story("count: 0\nwithin: 3s"), at=late)
    assert result.outcome == "failed" and result.took_ms == pytest.approx(2000, abs=60)
    assert result.steps[1].failure.lines()[:3] == [
        "expected  0 record(s) on capsule.snapshots",
        "actual    1 of 1 records fit in 2s",
        'found     capsule.snapshots-0@0 · 0.0 s ago · {"n": 1}',
    ]


async def test_too_many_fail_without_waiting_for_the_limit(world: Any, play: Any) -> None:
    def arrive(_: Any) -> None:
        for _number in range(3):
            world.arrives("capsule.snapshots", {})

    world.on_publish = arrive
    result = await play(story("count: 2\nwithin: 1h"))
    assert result.outcome == "failed" and result.took_ms < 1000


async def test_only_what_came_since_the_step_counts_where_it_says_so(world: Any, play: Any) -> None:
    world.on_publish = lambda _: world.arrives("capsule.snapshots", {"n": 1})
    text = (
        story("").rstrip()
        + "\n  - wait: 1s\n  - expect: capsule.snapshots\n    since: step\n    count: 0\n    within: 1s\n"
    )
    assert (await play(text)).outcome == "passed"
    assert (await play(text.replace("since: step", "since: start"))).outcome == "failed"


async def test_a_capture_where_there_is_nothing_fails(world: Any, play: Any) -> None:
    world.on_publish = lambda _: world.arrives("capsule.snapshots", {"n": 1})
    result = await play(story("capture: {id: $.id}"))
    assert result.steps[1].failure.lines() == [
        "expected  something at $.id, to capture as id",
        "actual    nothing",
        'document  {"n": 1}',
    ]


async def test_dead_letters_are_looked_for_on_the_dlq_of_the_topic(world: Any, play: Any) -> None:
    world.on_publish = lambda _: world.arrives("rim.fast-path.dlq", {"failureCategory": "DESERIALIZATION"}, key="k")
    result = await play("""
scenario: s
steps:
  - publish: rim.fast-path
  - dlq: rim.fast-path
    where: {$.failureCategory: DESERIALIZATION}
    key: k
    count: 1
    capture: {category: $.failureCategory}
  - dlq: rim.fast-path.dlq
    where: {$.failureCategory: "{{ category }}"}
  - dlq: perception.events
    count: 0
    within: 1s
""")
    assert result.outcome == "passed"
    assert result.steps[1].title == "dead letters of rim.fast-path: key k, $.failureCategory DESERIALIZATION"
    assert [step.detail for step in result.steps[1:]] == ["1 dead letter", "1 dead letter", "none, as expected"]


async def test_a_record_that_must_not_come_ends_the_waiting_at_once(world: Any, play: Any) -> None:
    world.on_publish = lambda _: world.arrives("capsule.snapshots", {"status": "FAILED"})
    result = await play(story("where: {$.status: OK}\nfail-when: {$.status: FAILED}\nwithin: 1h"))
    assert result.steps[1].failure.lines() == [
        "expected  ≥ 1 record(s) on capsule.snapshots with $.status OK, and none with $.status FAILED",
        'actual    capsule.snapshots-0@0 · 0.0 s ago · {"status": "FAILED"}',
    ]
    assert result.took_ms < 1000


async def test_dead_letters_are_asked_by_what_all_of_them_have(world: Any, play: Any) -> None:
    letter = {"failureCategory": "VALIDATION", "errorMessage": "no node", "retryCount": 0, "payload": "{x}",
              "consumerGroupId": "capsule", "headers": {"X-Tenant-ID": "t1"}}  # fmt: skip
    world.topics = {*world.contracts.topics}
    world.on_publish = lambda _: world.arrives("rim.fast-path.dlq", letter, key="k")
    asked = (
        "category: VALIDATION\n    error: {contains: node}\n    retries: 0\n    payload: {contains: x}\n"
        "    group: capsule\n    headers: {X-Tenant-ID: t1}\n    key: k\n    within: 2s"
    )
    result = await play(f"scenario: s\nsteps:\n  - publish: rim.fast-path\n  - dlq: rim.fast-path\n    {asked}\n")
    assert result.outcome == "passed", result.steps[1].failure
    other = asked.replace("retries: 0", "retries: 3")
    result = await play(f"scenario: s\nsteps:\n  - publish: rim.fast-path\n  - dlq: rim.fast-path\n    {other}\n")
    assert "$.retryCount is 0" in result.steps[1].failure.evidence[0][1]


async def test_values_can_be_held_against_the_schema_of_a_topic(world: Any, play: Any) -> None:
    world.on_publish = lambda _: world.arrives("capsule.snapshots", {"scope_id": 4})
    result = await play(story("where: {$: {schema: capsule.snapshots}}\nwithin: 1s"))
    assert "fits the schema of capsule.snapshots" in result.steps[1].failure.expected
    result = await play(story("where: {$: {schema: {required: [scope_id]}}}\nwithin: 1s"))
    assert result.outcome == "passed"
    result = await play(story("where: {$: {schema: capsule.snapshot}}\nwithin: 1s"))
    assert "have no Avro schema for 'capsule.snapshot'" in result.steps[1].failure.actual
