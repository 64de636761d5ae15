"""Every mistake in a scenario file is named with its line, what was expected, what was found, and what is near."""

from pathlib import Path

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.scenarios.load import InvalidScenario, load_scenario, read_scenario
from sandbox.scenarios.steps import STEPS

CONTRACTS = Contracts.load()
STORY = """\
scenario: CAPSULE goes down
purpose: Fallback of the capsule breaker
tags: [breaker]
seed: 7
vars:
  node: rim:entity:finance:EURUSD
steady:
  - breaker: odyssey/capsule
    is: CLOSED
steps:
  - say: Calm traffic.
  - publish: rim.fast-path
    as: calm
    key: "{{ node }}"
    count: 50
    rate: 100/s
    value:
      rim_node_id: "{{ node }}"
      stress: 0.1
      status: OK
  - expect: capsule.snapshots
    where: {$.scope_id: "{{ node }}"}
    count: {gte: 1}
    within: 5s
  - http: GET {{ odyssey }}/api/v1/entities/{{ node }}/history
    expect:
      status: 200
    capture: {request_id: header.X-Request-ID}
  - websocket: "{{ plato }}/ws/plans/plan_123"
    expect:
      - $.type: STEP_STARTED
finally:
  - wait: 1s
"""


def test_a_good_file_is_read_with_the_line_of_each_step() -> None:
    scenario = read_scenario(STORY, "story.yaml", CONTRACTS)
    assert [(step.at, step.verb) for step in scenario.all_steps()] == [
        ("story.yaml:8", "breaker"), ("story.yaml:11", "say"), ("story.yaml:12", "publish"),
        ("story.yaml:21", "expect"), ("story.yaml:25", "http"), ("story.yaml:29", "websocket"),
        ("story.yaml:33", "wait"),
    ]  # fmt: skip
    assert (scenario.seed, scenario.tags, scenario.speed) == (7, ("breaker",), 1.0)


MISTAKES = {
    "unknown key in a step": (
        ("rate: 100/s", "rat: 100/s"),
        "story.yaml:16: unknown key 'rat' in the step `publish`, expected publish, key, value, raw, poison, from, "
        "headers, partition, format, schema, subject-strategy, duplicates, out-of-order, keep-going, count, rate, "
        "ramp, burst, stages, for, jitter, background, as, at\n  → did you mean 'rate'?",
    ),
    "unknown key in the header": (
        ("purpose:", "purpos:"),
        "story.yaml:2: unknown key 'purpos' in a scenario, expected scenario, purpose, tags, seed, profile, speed, "
        "needs, topics, vars, steady, steps, finally\n  → did you mean 'purpose'?",
    ),
    "an unknown strategy": (
        ("rate: 100/s", "subject-strategy: RecordNameStrategy"),
        "story.yaml:16: subject-strategy: expected 'topic-name', 'record-name' or 'topic-record-name', "
        "found RecordNameStrategy",
    ),
    "a strategy for what has no schema": (
        ("rate: 100/s", "format: json\n    subject-strategy: record-name"),
        "story.yaml:17: a json record has no subject\n  → leave `subject-strategy` out",
    ),
    "unknown step": (
        ("- expect: capsule", "- expct: capsule"),
        f"story.yaml:21: unknown step 'expct', expected one of {', '.join(STEPS)}\n  → did you mean 'expect'?",
    ),
    "options before the verb": (
        ("  - breaker: odyssey/capsule\n    is: CLOSED", "  - is: CLOSED\n    breaker: odyssey/capsule"),
        f"story.yaml:8: unknown step 'is', expected one of {', '.join(STEPS)}\n"
        "  → a step begins with what it does: put `breaker:` first",
    ),
    "a step that is a word": (
        ("- say: Calm traffic.", "- wait"),
        "story.yaml:11: expected a step, which is a mapping, found wait\n  → for example `- publish: rim.fast-path`",
    ),
    "a duration without unit": (
        ("within: 5s", "within: 5"),
        "story.yaml:24: within: expected a duration with its unit, found 5\n  → write 200ms, 5s, 1m or 2h",
    ),
    "a word for a number": (
        ("count: 50", "count: many"),
        "story.yaml:15: count: expected a whole number, found many",
    ),
    "a number out of bounds": (
        ("count: 50", "count: 0"),
        "story.yaml:15: count: expected a number of at least 1, found 0",
    ),
    "a word for a list": (
        ("tags: [breaker]", "tags: breaker"),
        "story.yaml:3: tags: expected a list, found breaker",
    ),
    "an item of the wrong kind": (
        ("tags: [breaker]", "tags: [breaker, {a: b}]"),
        "story.yaml:3: tags[1]: expected a text, found a mapping",
    ),
    "an unknown choice": (
        ("is: CLOSED", "is: SHUT"),
        "story.yaml:9: is: expected 'CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED', 'FORCED_OPEN' or 'METRICS_ONLY', "
        "found SHUT",
    ),
    "nothing asked of a breaker": (
        ("    is: CLOSED\n", ""),
        "story.yaml:8: expected either `is: STATE` or `goes: [STATE, …]`",
    ),
    "an unknown predicate": (
        ("{gte: 1}", "{gt3: 1}"),
        "story.yaml:23: count: unknown predicate 'gt3', expected one of equals, matches, contains, exists, in, gte, "
        "lte, gt, lt, between, schema, not\n  → did you mean 'gt'?",
    ),
    "a member instead of a path": (
        ("$.scope_id", "scope_id"),
        "story.yaml:22: scope_id: expected key, topic, partition, offset, timestamp, header.NAME or a JSONPath such as "
        "$.data, found 'scope_id'\n  → a member of the document is written $.scope_id",
    ),
    "a member instead of a path in a message": (
        ("- $.type:", "- type:"),
        "story.yaml:31: expect[0]: expected text, closed or a JSONPath such as $.data, found 'type'\n"
        "  → a member of the document is written $.type",
    ),
    "a method that does not exist": (
        ("GET {{", "GETT {{"),
        "story.yaml:25: http: expected one of GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, found 'GETT'\n"
        "  → did you mean 'GET'?",
    ),
    "a URL without a method": (
        ("http: GET {{ odyssey }}/api/v1/entities/{{ node }}/history", 'http: "{{ odyssey }}/api/v1/paths"'),
        "story.yaml:25: http: expected a method and a URL, found '{{ odyssey }}/api/v1/paths'\n"
        "  → for example GET {{ capsule }}/api/v1/…",
    ),
    "an unknown name in a template": (
        ("{{ node }}/history", "{{ nod }}/history"),
        "story.yaml:25: {{ odyssey }}/api/v1/entities/{{ nod }}/history: nothing is named 'nod' here\n"
        "  → did you mean 'node'?",
    ),
    "a name before it is given": (
        ("Calm traffic.", "Calm {{ request_id }}"),
        "story.yaml:11: Calm {{ request_id }}: nothing is named 'request_id' here\n"
        "  → give it under `vars`, or by `capture` in a step before",
    ),
    "sequence outside a publish": (
        ("Calm traffic.", "Calm {{ sequence }}"),
        "story.yaml:11: Calm {{ sequence }}: nothing is named 'sequence' here\n"
        "  → `sequence` is known in a publish only",
    ),
    "a template that cannot be read": (
        ('key: "{{ node }}"', 'key: "{{ node"'),
        "story.yaml:14: key: the template cannot be read: unexpected end of template, expected 'end of print "
        "statement'.: {{ node",
    ),
    "a template without quotes": (
        ('key: "{{ node }}"', "key: {{ node }}"),
        "story.yaml:14: a key must be a word\n  → a template needs quotes: \"{{ name }}\" instead of {{ name }}",
    ),
    "a name that is taken": (
        ("vars:\n", "vars:\n  now: 5\n"),
        "story.yaml:6: now: the name 'now' is taken\n  → choose another one",
    ),
    "a name that is none": (
        ("{request_id:", "{request-id:"),
        "story.yaml:28: request-id: expected a name of letters, digits and _, found 'request-id'",
    ),
    "a topic that is not in the contracts": (
        ("expect: capsule.snapshots", "expect: capsule.snapshot"),
        "story.yaml:21: there is no topic 'capsule.snapshot' in the contracts\n  → did you mean 'capsule.snapshots'?",
    ),
    "a field that the contract does not have": (
        ("      stress:", "      stres:"),
        "story.yaml:19: value: RimFastEvent has no field 'stres'\n  → did you mean 'stress'?",
    ),
    "a value that the contract does not allow": (
        ("status: OK", "status: GOOD"),
        "story.yaml:20: value.status: expected one of OK, WARN, ALERT, UNKNOWN, OFFLINE, found GOOD",
    ),
    "a value of the wrong type": (
        ("stress: 0.1", "stress: low"),
        "story.yaml:19: value.stress: expected null or double, found low",
    ),
    "stopping what does not run": (
        ("- wait: 1s", "- stop: calm"),
        "story.yaml:33: nothing named 'calm' runs in the background here\n"
        "  → start it with `background: true` and `as`",
    ),
    "the background without an end": (
        ("    count: 50\n    rate: 100/s\n", "    background: true\n"),
        "story.yaml:12: a publish in the background without count needs a rate\n  → add `rate: 10/s`",
    ),
    "the background without a name": (
        ("    as: calm\n", "    background: true\n"),
        "story.yaml:12: a publish in the background needs a name\n  → add `as: NAME`, to stop it by",
    ),
    "a steady state that does something": (
        ("steady:\n", "steady:\n  - wait: 1s\n"),
        "story.yaml:8: `steady` holds steps that only observe, `wait` does more",
    ),
    "no steps": (
        (STORY[STORY.index("steps:") :], "steps: []\n"),
        "story.yaml:10: steps: expected at least one entry, found an empty list",
    ),
    "nothing needed is there": (
        (STORY, "purpose: none\n"),
        "story.yaml:1: the file needs `scenario:`\nstory.yaml:1: the file needs `steps:`",
    ),
    "a list for a scenario": (
        (STORY, "- say: hello\n"),
        "story.yaml:1: expected a mapping with `scenario:` and `steps:`, found a list",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_as_a_person_can_use_it(mistake: str) -> None:
    (right, wrong), message = MISTAKES[mistake]
    assert right in STORY
    with pytest.raises(InvalidFile) as caught:
        read_scenario(STORY.replace(right, wrong, 1), "story.yaml", CONTRACTS)
    assert caught.value.render() == message


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file() -> None:
    text = STORY.replace("rate: 100/s", "rat: 1").replace("within: 5s", "within: 5").replace("seed: 7", "seed: x")
    with pytest.raises(InvalidScenario) as caught:
        read_scenario(text, "story.yaml", CONTRACTS)
    assert [each.where for each in caught.value.problems] == ["story.yaml:4", "story.yaml:16", "story.yaml:24"]
    assert caught.value.message == "seed: expected a whole number, found x" and caught.value.exit_code == 2


def test_topics_and_values_are_checked_only_against_contracts_that_are_given() -> None:
    text = STORY.replace("capsule.snapshots", "orders").replace("stress: 0.1", "stres: 0.1")
    assert read_scenario(text, "story.yaml").steps
    declared = text.replace("stres: 0.1", "stress: 0.1").replace("vars:", "topics: [orders]\nvars:")
    assert read_scenario(declared, "story.yaml", CONTRACTS).topics == ("orders",)


def test_a_publish_without_contract_needs_a_format() -> None:
    text = "scenario: s\ntopics: [mine]\nsteps:\n  - publish: mine\n    format: avro\n    value: {a: 1}\n"
    with pytest.raises(InvalidFile, match="mine has no Avro schema in the contracts"):
        read_scenario(text, "s.yaml", CONTRACTS)
    assert read_scenario(text.replace("avro", "json"), "s.yaml", CONTRACTS).steps
    with pytest.raises(InvalidFile, match="a json record needs a value"):
        read_scenario(text.replace("avro", "json").replace("    value: {a: 1}\n", ""), "s.yaml", CONTRACTS)


def test_files_that_cannot_be_opened_say_why(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="cannot be read: No such file"):
        load_scenario(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("scenario: Größe".encode("latin-1"))
    with pytest.raises(InvalidFile, match="is not UTF-8 text"):
        load_scenario(tmp_path / "latin.yaml")
    (tmp_path / "good.yaml").write_text(STORY, encoding="utf-8")
    assert load_scenario(tmp_path / "good.yaml", CONTRACTS, shown_as="good").steps[0].at == "good:11"
