import json
from typing import Any

import pytest

from sandbox.errors import UpstreamUnavailable

CALL = "scenario: s\nsteps:\n  - http: {request}\n    {options}\n"


def call(request: str, options: str = "") -> str:
    return CALL.replace("{request}", request).replace("{options}", options.replace("\n", "\n    "))


async def test_a_response_is_judged_by_status_path_header_and_body(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [(201, {"data": [{"id": 1}], "meta": {"degraded": True}})]
    options = (
        "expect:\n  status: 201\n  $.data[0].id: {gte: 1}\n  $.meta.degraded: true\n"
        "  header.content-type: {contains: json}\n  body: {contains: degraded}"
    )
    result = await play(call("GET {{ capsule }}/x", options))
    assert result.outcome == "passed"
    assert result.steps[0].title == "CAPSULE GET /x"
    assert result.steps[0].detail == f"201 (12 ms) · {world.calls_made[0].headers['X-Request-ID']}"


async def test_a_call_carries_ids_and_the_headers_it_is_given(world: Any, play: Any) -> None:
    world.answers["POST /x"] = [{}]
    options = 'headers: {authorization: "Bearer {{ run.id }}", accept: text/plain}\nbody: {n: "{{ 1 + 1 }}", t: é}'
    result = await play(call("POST {{ plato }}/x", options))
    made = world.calls_made[0]
    assert json.loads(made.body) == {"n": 2, "t": "é"}
    assert made.headers["authorization"] == f"Bearer {result.run}" and made.headers["accept"] == "text/plain"
    assert "Accept" not in made.headers and made.headers["Content-Type"] == "application/json"
    assert made.headers["X-Correlation-ID"] == result.correlation_id and made.headers["traceparent"].startswith("00-")


async def test_a_text_body_is_sent_as_it_is(world: Any, play: Any) -> None:
    world.answers["PUT /x"] = [{}]
    await play(call("PUT {{ plato }}/x", "body: plain {{ run.seed }}"))
    assert world.calls_made[0].body.startswith(b"plain ") and world.calls_made[0].headers["Content-Type"].startswith(
        "text/plain"
    )


async def test_it_is_called_again_until_it_holds(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [(503, {}), {"n": 1}, {"n": 2}]
    result = await play(call("GET {{ plato }}/x", "expect: {$.n: 2}\nwithin: 5s"))
    assert result.outcome == "passed" and len(world.calls_made) == 3
    assert len({each.headers["X-Request-ID"] for each in world.calls_made}) == 3


async def test_without_a_limit_it_is_called_once_and_success_is_expected(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [(503, {"error": {"code": "SERVICE_UNAVAILABLE"}}), {}]
    result = await play(call("GET {{ plato }}/x"))
    request_id = world.calls_made[0].headers["X-Request-ID"]
    assert result.steps[0].failure.lines() == [
        "expected  status between 200 and 299",
        "actual    status is 503",
        f"last      PLATO GET /x → 503 (12 ms) · {request_id} · 0.0 s ago",
        'body      {"error": {"code": "SERVICE_UNAVAILABLE"}}',
    ]


async def test_a_failure_after_many_calls_says_how_many_and_how_long(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [{"data": [], "meta": {"degraded": False}}]
    result = await play(call("GET {{ plato }}/x", "expect: {$.meta.degraded: true, '$.data[0].id': 1}\nwithin: 2s"))
    failure = result.steps[0].failure
    assert failure.expected == "$.meta.degraded true, $.data[0].id 1, status between 200 and 299"
    assert failure.actual == "$.meta.degraded is false, $.data[0].id is nothing after 8 calls in 2s"


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_what_must_not_be_repeated_is_called_once(method: str, world: Any, play: Any) -> None:
    world.answers[f"{method} /x"] = [(503, {})]
    result = await play(call(f"{method} {{{{ plato }}}}/x", "within: 5s"))
    assert result.outcome == "failed" and len(world.calls_made) == 1


async def test_no_answer_is_trouble_of_the_environment_unless_there_is_time_to_look(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [UpstreamUnavailable("no answer: Connection refused", where="http://plato:8080/x")]
    result = await play(call("GET {{ plato }}/x"))
    assert (result.exit_code, result.steps[0].failure.actual) == (3, "no answer: Connection refused")
    result = await play(call("GET {{ plato }}/x", "within: 1s"))
    failure = result.steps[0].failure
    assert (result.exit_code, failure.actual) == (1, "no answer in 1s, 6 calls")
    assert failure.evidence == (("last", "no answer: Connection refused"),)


async def test_a_call_that_hangs_ends_at_the_limit(world: Any, play: Any) -> None:
    world.answers["GET /x"] = ["hangs"]
    result = await play(call("GET {{ plato }}/x", "within: 2s"))
    assert result.steps[0].failure.actual == "no answer in 2s, 1 call"


async def test_parts_of_the_response_are_known_to_later_steps(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [{"data": {"id": "a", "n": [1, 2]}}]
    options = "as: answer\ncapture: {id: $.data.id, all: '$.data.n[*]', code: status, kind: header.Content-Type}"
    result = await play(
        call("GET {{ plato }}/x", options)
        + """
  - say: "{{ id }} {{ all }} {{ code }} {{ kind }} {{ answer.status }}
      {{ answer.body.data.id }} {{ answer.headers.content_type }}"
"""
    )
    assert result.steps[1].title == "a [1, 2] 200 application/json 200 a application/json"


async def test_a_large_part_cannot_be_captured(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [{"data": list(range(200_000))}]
    result = await play(call("GET {{ plato }}/x", "capture: {all: $.data}"))
    assert result.steps[0].failure.actual == "cannot capture $.data as all: the result is too large"


async def test_other_addresses_are_shown_in_full(world: Any, play: Any) -> None:
    world.answers["GET http://elsewhere:1/x"] = [{}]
    result = await play(call("GET http://elsewhere:1/x"))
    assert (result.outcome, result.steps[0].title) == ("passed", "GET http://elsewhere:1/x")


async def test_an_answer_that_must_not_come_ends_the_waiting_at_once(world: Any, play: Any) -> None:
    world.answers["GET /x"] = [(404, {}), (500, {"error": "gone"})]
    result = await play(
        "scenario: s\nsteps:\n  - http: GET {{ plato }}/x\n    fail-when: {status: {gte: 500}}\n    within: 1h\n"
    )
    assert len(world.calls_made) == 2
    assert result.steps[0].failure.lines()[:2] == [
        "expected  status between 200 and 299, and never status ≥ 500",
        "actual    status is 500 after 2 calls in 100ms",
    ]
