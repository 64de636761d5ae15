"""A scenario as a sequence diagram in Mermaid's language, steps inside steps explained, and the schema for editors."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from sandbox.cli.scenario import library
from sandbox.scenarios.source import Source

STORY = """\
scenario: "An alert; it becomes a plan #1"
vars: {node: "rim:entity:finance:EURUSD"}
steady:
  - breaker: odyssey/capsule
    is: CLOSED
steps:
  - say: All at once.
  - parallel:
      - publish: rim.fast-path
        as: alert
        key: "{{ node }}"
        value: {rim_node_id: "{{ node }}", stress: 0.9}
      - {http: "GET {{ odyssey }}/api/v1/entities/{{ node }}/history?a=1&b=2", at: alert + 1s}
  - repeat: 2
    do:
      - expect: odyssey.paths
        within: 5s
  - when: {node: {matches: ^rim}}
    do: [{control: restart kafka}]
    else: [{include: part.yaml}]
finally:
  - registry: compatibility global
"""
DIAGRAM = """\
sequenceDiagram
    title An alert#59; it becomes a plan #35;1
    participant scenario as Scenario
    participant kafka as Kafka
    participant schema_registry as Schema Registry
    participant odyssey as ODYSSEY
    Note over scenario,odyssey: Must hold, before and after
    Note over odyssey: breaker odyssey/capsule is CLOSED
    Note over scenario,odyssey: All at once.
    par 2 steps side by side
        scenario->>kafka: publish 1 record to rim.fast-path
    and beside it
        scenario->>odyssey: ODYSSEY GET<br/>/api/v1/entities/rim:entity:finance:EURUSD/history?a=1#38;b=2, at alert + 1s
    end
    loop repeat 2 times
        kafka->>scenario: expect odyssey.paths within 5 s
    end
    alt when node matches #94;rim
        Note over kafka: restart kafka within 60 s
    else otherwise
        rect rgba(128, 128, 128, 0.12)
            Note over scenario,odyssey: include part.yaml
            Note over scenario: wait 1s
        end
    end
    Note over scenario,odyssey: Whatever happened
    scenario->>schema_registry: registry: compatibility of global as everywhere
"""
EXPLANATION = """\
An alert; it becomes a plan #1

  must hold, before and after
   1  breaker odyssey/capsule is CLOSED  (line 4)

  steps

      All at once.
   1  2 steps side by side  (line 8)
      1.1  publish 1 record to rim.fast-path  (line 9)
      1.2  ODYSSEY GET /api/v1/entities/rim:entity:finance:EURUSD/history?a=1&b=2, at alert + 1s  (line 13)
   2  repeat 2 times  (line 14)
      2.1  expect odyssey.paths, within 5 s  (line 16)
   3  when node matches ^rim  (line 18)
      3.1  restart kafka, within 60 s  (line 19)
      else
      3.1  include part.yaml  (line 20)
          3.1.1  wait 1s  (/part.yaml:2)

  whatever happened
   1  registry: compatibility of global as everywhere  (line 22)
"""


@pytest.fixture
def story(tmp_path: Path, control) -> str:
    control.answers["GET /v1/status"] = {"contracts": {}}
    (tmp_path / "part.yaml").write_text("steps:\n  - wait: 1s\n", encoding="utf-8")
    file = tmp_path / "story.yaml"
    file.write_text(STORY, encoding="utf-8")
    return str(file)


def test_who_is_asked_what_is_drawn_in_order_with_frames_around_steps_inside_steps(sandbox, story) -> None:
    done = sandbox("scenario", "explain", story, "--mermaid")
    assert (done.code, done.out, done.err) == (0, DIAGRAM, "")


def test_every_scenario_that_ships_can_be_drawn(sandbox, control) -> None:
    control.answers["GET /v1/status"] = {"contracts": {}}
    names = [path.stem for path in library()]
    done = sandbox("scenario", "explain", *names, "--mermaid")
    assert (done.code, done.err, done.out.count("sequenceDiagram")) == (0, "", len(names))


def test_steps_inside_steps_are_explained_with_their_numbers_and_places(sandbox, story) -> None:
    done = sandbox("scenario", "explain", story)
    assert done.out.replace(str(Path(story).parent), "") == EXPLANATION


def test_the_schema_for_editors_takes_every_scenario_that_ships(sandbox) -> None:
    schema = sandbox("scenario", "schema").json
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for path in library():
        found = Source.read(path.read_text(encoding="utf-8"), path.name).value
        assert [error.message for error in validator.iter_errors(found)] == [], path


@pytest.mark.parametrize("steps", [[], [{"repeat": "twice", "do": [{"say": "a"}]}], [{"do": [{"sya": "a"}]}]])
def test_the_schema_refuses_what_the_language_does(sandbox, steps) -> None:
    validator = Draft202012Validator(sandbox("scenario", "schema").json)
    assert not validator.is_valid({"scenario": "s", "steps": steps})
    assert validator.is_valid({"scenario": "s", "steps": [{"repeat": 2, "do": [{"say": "a"}]}]})
