"""A load of HTTP calls."""

import asyncio
import itertools
from typing import Any

import pytest

from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.scenarios.pacing import steady
from sandbox.scenarios.ports import Answer
from sandbox.scenarios.volley import Volley


async def test_calls_are_made_at_their_pace_and_told_with_their_latencies(world: Any, play: Any) -> None:
    world.answers["GET /api/v1/capsules"] = [{"data": []}]
    result = await play("""
scenario: s
steps:
  - load: GET {{ capsule }}/api/v1/capsules
    as: readers
    stages: [to 20/s over 1s, 20/s for 1s]
    expect: {sent: 30, errors: 0, p95_ms: {lte: 20}, "$.statuses['200']": 30}
  - say: "{{ readers.sent }} {{ readers.statuses['200'] }}"
""")
    assert result.outcome == "passed" and len(world.calls_made) == 30
    assert result.steps[0].title == "load CAPSULE GET /api/v1/capsules at up to 20/s for 2s"
    assert (
        result.steps[0].detail.startswith("30 calls, ") and "p50 12 ms, p95 12 ms, p99 12 ms" in result.steps[0].detail
    )
    assert result.steps[1].title == "30 30"


async def test_what_does_not_hold_fails_with_the_last_error(world: Any, play: Any) -> None:
    world.answers["POST /x/1"] = [(503, {"error": "busy"})]
    world.answers["POST /x/2"] = [UpstreamUnavailable("no answer in 10 s")]
    world.answers["POST /x/3"] = [{}]
    result = await play("""
scenario: s
steps:
  - load: POST {{ capsule }}/x/{{ sequence }}
    body: {n: "{{ sequence }}"}
    count: 3
    rate: 10/s
    expect: {errors: 0}
""")
    failure = result.steps[0].failure
    assert (failure.expected, failure.actual) == ("errors 0", "errors is 2")
    assert "2 errors: 1 × 503, 1 × no answer" in failure.evidence[0][1]
    assert [each.body for each in world.calls_made] == [b'{"n": 1}', b'{"n": 2}', b'{"n": 3}']


async def test_beside_other_steps_it_is_judged_when_it_ends(world: Any, play: Any) -> None:
    world.answers["GET /a"] = [(429, {})]
    text = """
scenario: s
steps:
  - load: GET {{ capsule }}/a
    as: readers
    background: true
    rate: 10/s
    expect: {"$.statuses['429']": {gte: 10}, errors: {lt: 5}}
  - wait: 2s
"""
    at_end = await play(text)
    assert (at_end.steps[-1].title, at_end.steps[-1].failure.actual) == ("load readers", "errors is 20")
    stopped = await play(text + "  - stop: readers\n")
    assert (stopped.steps[-1].verb, stopped.steps[-1].failure.actual) == ("stop", "errors is 20")


async def test_a_slow_service_is_asked_no_less_and_what_is_beyond_the_limit_is_dropped(world: Any) -> None:
    release = asyncio.Event()

    async def call(number: int) -> Answer:
        await release.wait()
        return Answer(200, {}, b"", 1_000.0)

    volley = Volley(world.clock, call, itertools.islice(steady(10), 10), at_once=5)
    task = asyncio.create_task(volley.run())
    await world.clock.advance(1.0)
    release.set()
    await task
    assert (volley.sent, volley.dropped) == (5, 5) and "5 not made, since 5 were under way" in volley.told


async def test_without_a_pace_calls_follow_each_other(world: Any, play: Any) -> None:
    world.answers["GET /a"] = [{}]
    result = await play("scenario: s\nsteps:\n  - load: GET {{ capsule }}/a\n    count: 500\n    at-once: 3\n")
    assert len(world.calls_made) == 500 and "not made" not in result.steps[0].detail


@pytest.mark.parametrize("key", ["p90_ms", "latency"])
async def test_what_can_be_expected_is_named(key: str, play: Any) -> None:
    with pytest.raises(Exception, match="expected sent, answered, errors"):
        await play(f"scenario: s\nsteps:\n  - load: GET {{{{ capsule }}}}/a\n    expect: {{{key}: 1}}\n")


async def test_a_call_that_cannot_be_made_ends_the_load(world: Any, play: Any) -> None:
    world.answers["GET /a"] = [UsageError("cannot call http://capsule:8083/a")]
    result = await play("scenario: s\nsteps:\n  - load: GET {{ capsule }}/a\n    rate: 10/s\n    count: 100\n")
    assert "cannot call" in result.steps[0].failure.actual and len(world.calls_made) < 3
