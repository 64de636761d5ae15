"""The reference of the language: every example is valid, and every kind of step and predicate has one."""

import re
from pathlib import Path

import pytest
import yaml

from sandbox.contracts.catalog import Contracts
from sandbox.scenarios.assertions import ASSERTIONS
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.steps import STEPS

TEXT = (Path(__file__).parents[2] / "docs/scenarios.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
FILES = {"parts/send.yaml": "parameters: [node]\nsteps:\n  - say: '{{ node }}'\n"}
HEADER = 'scenario: example\nvars: {node: "rim:entity:finance:EURUSD"}\nsteps:\n'


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split("\n")[0])
def test_an_example_is_valid(example: str) -> None:
    text = example if "scenario:" in example.split("steps:")[0] else HEADER + example
    assert read_scenario(text, "docs/scenarios.md", Contracts.load(), files=FILES).steps


def test_every_kind_of_step_and_every_predicate_is_told() -> None:
    steps = "\n".join(EXAMPLES) + TEXT
    assert [verb for verb in STEPS if not re.search(rf"(- |`){verb}:", steps)] == []
    assert [word for word in ASSERTIONS if f"`{word}" not in TEXT] == []


def test_the_header_is_told() -> None:
    whole = next(each for each in EXAMPLES if "scenario:" in each)
    told = {*yaml.safe_load(whole), *re.findall(r"`(\w+)`", TEXT)}
    assert told.issuperset(("scenario", "purpose", "tags", "seed", "profile", "speed", "needs", "topics", "vars"))
    assert told.issuperset(("steady", "steps", "finally"))
