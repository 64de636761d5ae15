"""What every kind of step keeps."""

from typing import Any

import pytest

from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.steps import STEPS

EXAMPLES = {
    "say": "say: Hello {{ run.id }}",
    "publish": "publish: rim.fast-path\n    as: name",
    "replay": "replay: recording.jsonl\n    as: name",
    "load": "load: GET {{ plato }}/x\n    as: name",
    "http": "http: GET {{ plato }}/x\n    as: name",
    "websocket": 'websocket: "{{ plato }}/x"\n    as: name',
    "expect": "expect: capsule.snapshots\n    as: name",
    "breaker": "breaker: odyssey/capsule\n    is: CLOSED",
    "dlq": "dlq: rim.fast-path\n    capture: {name: $.id}",
    "ledger": "ledger: {group: capsule, in_flight: 0}",
    "trace": 'trace: "{{ run.id }}"\n    contains: [capsule]',
    "group": "group: capsule\n    lag: 0",
    "reset": "reset: capsule",
    "reset-offsets": "reset-offsets: capsule\n    to: earliest",
    "fault": "fault: http-status\n    on: capsule\n    status: 503",
    "heal": "heal: other",
    "log": "log: capsule\n    capture: {name: message}",
    "registry": "registry: register a-value\n    schema: {type: string}\n    as: name",
    "control": "control: restart kafka",
    "limits": "limits: capsule\n    set: {query: 5}",
    "dlq-replay": "dlq-replay: rim.fast-path",
    "dlq-purge": "dlq-purge: rim.fast-path\n    category: VALIDATION",
    "dlq-auto": "dlq-auto: on",
    "wait": "wait: 1s",
    "stop": "stop: other",
    "do": "do:\n      - wait: 1s\n      - wait: 1s",
    "parallel": "parallel:\n      - wait: 1s\n      - wait: 1s",
    "repeat": "repeat: {each: [a, b], as: item}\n    do:\n      - wait: 1s",
    "when": "when: {$.run.id: {matches: ^run}}\n    do:\n      - wait: 1s",
    "include": "include: part.yaml",
}
FILES = {"recording.jsonl": '{"at_ms": 0, "topic": "audit.events", "value": 1}', "part.yaml": "steps:\n  - wait: 1s\n"}
SURROUND = (
    "scenario: s\nsteps:\n  - publish: rim.fast-path\n    as: other\n    background: true\n    rate: 1/s\n"
    "  - fault: latency\n    on: capsule\n    ms: 1\n    as: other\n  - {step}\n"
)


def test_every_kind_has_an_example_here() -> None:
    assert set(EXAMPLES) == set(STEPS)


@pytest.mark.parametrize("verb", STEPS)
def test_a_step_says_what_it_does_with_and_without_names(verb: str) -> None:
    step = read_scenario(SURROUND.replace("{step}", EXAMPLES[verb]), "s.yaml", files=FILES).steps[2]
    assert step.verb == verb and step.keys()[0] == verb and type(step).__doc__
    assert step.title() and step.title({"plato": "http://plato", "run": {"id": "run-1"}})
    assert step.at == "s.yaml:11"


@pytest.mark.parametrize("verb", [verb for verb in STEPS if "name" in EXAMPLES[verb]])
def test_a_name_that_a_step_gives_is_known_after_it_and_not_before(verb: str) -> None:
    text = SURROUND.replace("{step}", EXAMPLES[verb])
    assert read_scenario(text + '  - say: "{{ name }}"\n', "s.yaml", files=FILES).steps
    with pytest.raises(Exception, match="nothing is named 'name' here"):
        read_scenario(text.replace("steps:\n", 'steps:\n  - say: "{{ name }}"\n'), "s.yaml", files=FILES)


async def test_what_is_said_is_filled_as_far_as_it_can_be(play: Any) -> None:
    result = await play(
        'scenario: s\nvars: {a: 5}\nsteps:\n  - say: "{{ a }} and {{ now() }}"\n  - say: "{{ 1 / 0 }}"\n'
    )
    assert [step.title for step in result.steps] == ["{{ a }} and {{ now() }}", "{{ 1 / 0 }}"]
    assert result.outcome == "passed"
