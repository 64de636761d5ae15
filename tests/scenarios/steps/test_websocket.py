from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.ports import Message

RUN = [
    {"type": "STEP_STARTED", "step": "a", "correlationId": "c"},
    {"type": "STEP_PROGRESS", "step": "a", "correlationId": "c"},
    {"type": "STEP_COMPLETED", "step": "a", "correlationId": "c"},
    {"type": "PLAN_COMPLETED", "status": "SUCCESS", "artifacts": [{"id": "art_1"}], "correlationId": "c"},
]
CONNECT = 'scenario: s\nsteps:\n  - websocket: "{{ plato }}/ws/plans/p"\n    {options}\n'


def connect(options: str) -> str:
    return CONNECT.replace("{options}", options.replace("\n", "\n    "))


@pytest.fixture(autouse=True)
def plan(world: Any) -> None:
    world.sockets["/ws/plans/p"] = RUN


@pytest.mark.parametrize(
    "expect",
    [
        "[{$.type: STEP_STARTED}, {$.type: STEP_PROGRESS}]",
        "[{$.type: STEP_STARTED}, …, {$.type: PLAN_COMPLETED, '$.artifacts[*].id': {contains: art_1}}]",
        "['...', {$.status: SUCCESS}]",
        "[{$.type: STEP_STARTED}, {until: {$.type: PLAN_COMPLETED}}]",
        "[{until: {text: {contains: SUCCESS}}}]",
    ],
)
async def test_messages_are_expected_in_order(expect: str, world: Any, play: Any) -> None:
    result = await play(connect(f"expect: {expect}"))
    assert result.outcome == "passed", result.steps[0].failure
    assert world.connected[0].url == "ws://plato:8080/ws/plans/p"
    assert result.steps[0].title == "PLATO WS /ws/plans/p"


async def test_the_last_message_can_be_captured_and_all_be_named(play: Any) -> None:
    result = await play(
        connect("as: stream\nexpect: [{until: {$.type: PLAN_COMPLETED}}]\ncapture: {artifact: '$.artifacts[0].id'}")
        + """
  - say: "{{ artifact }} {{ stream.messages | length }} {{ stream.messages[0].step }}"
"""
    )
    assert result.steps[-1].title == "art_1 4 a" and result.steps[0].detail == "4 messages"


async def test_messages_are_sent_as_text_or_json(world: Any, play: Any) -> None:
    await play(connect('headers: {X-Tenant-ID: t}\nsend: [{type: PING}, "raw {{ run.seed }}"]'))
    await play(connect("send: {type: PING}"))
    first, second = world.connected
    assert (
        first.sent[0] == '{"type": "PING"}' and first.sent[1].startswith("raw ") and second.sent == ['{"type": "PING"}']
    )
    assert first.headers["X-Tenant-ID"] == "t" and first.headers["X-Correlation-ID"].startswith("trace-")


async def test_a_message_that_cannot_be_right_fails_at_once_with_what_came(play: Any) -> None:
    result = await play(connect("expect: [{$.type: STEP_STARTED}, {$.type: STEP_COMPLETED}]\nwithin: 1h"))
    assert result.took_ms == 0
    assert result.steps[0].failure.lines() == [
        "expected  message 2: $.type STEP_COMPLETED",
        'actual    {"type": "STEP_PROGRESS", "step": "a", "correlationId": "c"}',
        'messages  {"type": "STEP_STARTED", "step": "a", "correlationId": "c"}',
        '          {"type": "STEP_PROGRESS", "step": "a", "correlationId": "c"}',
    ]


async def test_a_message_that_never_comes_fails_at_the_limit(play: Any) -> None:
    result = await play(connect("expect: [{$.type: STEP_STARTED}, …, {$.type: PLAN_FAILED}]\nwithin: 3s"))
    failure = result.steps[0].failure
    assert (failure.expected, failure.actual) == ("message 2: $.type PLAN_FAILED", "not among 4 messages in 3s")


async def test_a_close_ends_the_waiting_and_can_be_expected(world: Any, play: Any) -> None:
    world.sockets["/ws/plans/p"] = [RUN[0], Message(None, closed=1012, reason="restart")]
    result = await play(connect("expect: [{until: {$.type: PLAN_COMPLETED}}]\nwithin: 1h"))
    assert result.steps[0].failure.actual == "the connection was closed with 1012 restart after 1 messages"
    result = await play(connect("expect: [{$.type: STEP_STARTED}, {closed: 1012}]"))
    assert result.outcome == "passed"


async def test_every_message_can_be_asked_for_something(world: Any, play: Any) -> None:
    options = "every: {$.correlationId: c}\nexpect: [{until: {$.type: PLAN_COMPLETED}}]"
    assert (await play(connect(options))).outcome == "passed"
    world.sockets["/ws/plans/p"] = [RUN[0], {**RUN[1], "correlationId": "other"}, *RUN[2:]]
    result = await play(connect(options))
    failure = result.steps[0].failure
    assert (failure.expected, failure.actual) == ("in every message $.correlationId c", "$.correlationId is other")


async def test_text_that_is_no_json_has_no_members(world: Any, play: Any) -> None:
    world.sockets["/ws/plans/p"] = [Message("hello")]
    assert (await play(connect("expect: [{text: hello, $.type: {exists: false}}]"))).outcome == "passed"


async def test_a_handshake_that_is_refused_fails_the_step(world: Any, play: Any) -> None:
    del world.sockets["/ws/plans/p"]
    result = await play(connect("expect: [{closed: 1000}]"))
    assert (result.exit_code, result.steps[0].failure.actual) == (3, "the handshake was answered 404")


HELD = """
scenario: s
steps:
  - websocket: "{{ plato }}/ws/plans/p"
    background: true
    as: stream
    expect: […, {$.type: PLAN_COMPLETED}]
"""


async def test_a_connection_is_held_open_and_later_steps_go_on_with_it(world: Any, play: Any) -> None:
    result = await play(
        HELD
        + """
  - wait: 1s
  - websocket: stream
    send: {type: PING}
    expect: [{$.type: STEP_STARTED}, {$.type: STEP_PROGRESS}]
    capture: {step: $.step}
  - websocket: stream
    expect: [{$.type: STEP_COMPLETED}]
  - stop: stream
  - say: "{{ step }} {{ stream.messages | length }}"
"""
    )
    assert [step.outcome for step in result.steps] == ["passed"] * 6, result.steps
    assert [step.title for step in result.steps][:3] == ["PLATO WS /ws/plans/p held open", "wait 1s", "WS stream"]
    assert [result.steps[0].detail, result.steps[4].detail] == ["stays open", "4 messages"]
    assert result.steps[5].title == "a 4"
    assert world.connected[0].sent == ['{"type": "PING"}'] and len(world.connected) == 1


async def test_what_a_held_connection_expects_must_have_come_when_it_is_stopped(world: Any, play: Any) -> None:
    world.sockets["/ws/plans/p"] = RUN[:2]
    result = await play(HELD + "  - wait: 1s\n  - stop: stream\n")
    assert result.steps[-1].failure.lines()[:2] == [
        "expected  message 1: $.type PLAN_COMPLETED", "actual    not among 2 messages",
    ]  # fmt: skip
    result = await play(HELD + "  - wait: 1s\n")
    assert result.outcome == "failed" and result.steps[-1].title == "websocket stream"


async def test_one_that_cannot_be_opened_fails_its_step(world: Any, play: Any) -> None:
    world.sockets.clear()
    result = await play(HELD + "  - wait: 1s\n")
    assert result.steps[0].failure.actual == "the handshake was answered 404"


async def test_a_held_connection_that_was_closed_says_so(world: Any, play: Any) -> None:
    world.sockets["/ws/plans/p"] = [RUN[-1], Message(None, closed=1011)]
    result = await play(HELD + "  - wait: 1s\n  - websocket: stream\n    expect: [{$.a: 1}]\n")
    assert result.steps[2].failure.expected == "message 1: $.a 1"
    result = await play(HELD + "  - wait: 1s\n  - stop: stream\n")
    assert result.steps[-1].detail == "1 message, closed with 1011"


async def test_a_name_that_no_connection_has_is_told(play: Any) -> None:
    result = await play("scenario: s\nsteps:\n  - websocket: stream\n    send: x\n")
    assert result.steps[0].failure.actual == "no connection named 'stream' is open"


@pytest.mark.parametrize(
    "options", ["background: true", "background: true\nas: a\ncapture: {x: $.y}"]
)  # fmt: skip
def test_what_cannot_be_done_in_the_background_is_an_error_of_the_file(options: str) -> None:
    with pytest.raises(InvalidFile):
        read_scenario(connect(options), "s.yaml")
