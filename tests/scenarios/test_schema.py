"""The JSON Schema says what the models say, so that editors can help."""

import json
from typing import Any

from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.model.schema import PARTS, scenario_schema
from sandbox.scenarios.steps import STEPS


def test_every_step_and_each_of_its_keys_is_in_the_schema_with_its_description() -> None:
    definitions = scenario_schema()["$defs"]
    for kind in STEPS.values():
        described: dict[str, Any] = definitions[kind.__name__]
        assert set(described["properties"]) == set(kind.keys())
        assert described["additionalProperties"] is False and described["required"][0] == kind.verb
        assert all(each.get("description") for each in described["properties"].values()), kind


def test_the_models_inside_steps_are_described_too() -> None:
    definitions = scenario_schema()["$defs"]
    for part in PARTS:
        described: dict[str, Any] = definitions[part.__name__]
        assert set(described["properties"]) == set(part.keys()) and described["additionalProperties"] is False
        assert all(each.get("description") for each in described["properties"].values()), part


def test_the_header_is_described_too() -> None:
    schema = scenario_schema()
    assert set(schema["properties"]) == set(Scenario.keys())
    assert all(each.get("description") for each in schema["properties"].values())
    assert sorted(schema["required"]) == ["scenario", "steps"]


def test_it_is_plain_json() -> None:
    assert json.loads(json.dumps(scenario_schema())) == scenario_schema()
