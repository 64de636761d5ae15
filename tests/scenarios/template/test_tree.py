"""Templates keep types, evaluate once what stays the same, and say what is wrong with them."""

import random
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.template.functions import template_functions
from sandbox.scenarios.template.tree import Constant, SourceText, TemplateFailed, compile_template


@pytest.fixture
def names() -> dict[str, Any]:
    functions = template_functions(random.Random(7), random.Random(8), ManualClock())
    return {**functions, "node": "rim:entity:finance:EURUSD", "alert": {"items": [1, 2], "id": "e1"}, "sequence": 3}


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ 3 }}", 3),
        ("{{ 0.5 }}", 0.5),
        ("{{ true }}", True),
        ("{{ none }}", None),
        ("{{ [1, 'a'] }}", [1, "a"]),
        ("{{- 3 -}}", 3),
        ("{{ alert.items }}", [1, 2]),
        ("{{ alert.items[1] + 1 }}", 3),
        ("{{ sequence * 10 }}", 30),
        ("{{ 'a' if sequence > 2 else 'b' }}", "a"),
    ],
)
def test_a_whole_expression_keeps_the_type_of_its_value(source: str, value: Any, names: dict[str, Any]) -> None:
    assert compile_template(source).render(names) == value
    assert type(compile_template(source).render(names)) is type(value)


def test_text_with_expressions_in_it_is_text(names: dict[str, Any]) -> None:
    assert compile_template("n{{ sequence }} of {{ node }}\n").render(names) == "n3 of rim:entity:finance:EURUSD\n"
    assert compile_template("{{ sequence }}{{ sequence }}").render(names) == "33"


def test_what_holds_no_template_stays_as_it_is() -> None:
    value = {"a": [1, None, True, {"b": "x }} {# y #}"}], "c": 0.1}
    compiled = compile_template(value)
    assert isinstance(compiled, Constant) and compiled.render({}) == value


def test_templates_are_found_however_deep_they_are(names: dict[str, Any]) -> None:
    compiled = compile_template({"a": [{"b": "{{ sequence }}"}, "c"], "d": 1})
    assert compiled.render(names) == {"a": [{"b": 3}, "c"], "d": 1}
    assert compiled.names == {"sequence"}


def test_folding_leaves_only_what_differs_from_record_to_record(names: dict[str, Any]) -> None:
    folded = compile_template({"id": "{{ node }}", "n": "{{ sequence }}", "at": "{{ node }}-{{ sequence }}"}).fold(
        names
    )
    assert folded.names == {"sequence", "node"}
    names["node"] = "changed"
    names["sequence"] = 4
    assert folded.render(names) == {"id": "rim:entity:finance:EURUSD", "n": 4, "at": "changed-4"}
    assert isinstance(compile_template("{{ node }}").fold(names), Constant)


def test_rendered_mappings_do_not_share_what_the_next_one_changes(names: dict[str, Any]) -> None:
    compiled = compile_template({"n": "{{ sequence }}", "same": 1})
    first = compiled.render(names)
    names["sequence"] = 4
    assert compiled.render(names)["n"] == 4 and first["n"] == 3


def test_the_same_seed_gives_the_same_values_and_new_ids() -> None:
    def draw(ids: int) -> Any:
        functions = template_functions(random.Random(7), random.Random(ids), ManualClock())
        source = ["{{ random.uniform(0, 1) }}", "{{ random.int(1, 9) }}", "{{ choice('a', 'b', 'c') }}"]
        ids_source = ["{{ uuid() }}", "{{ new_id('cap_') }}"]
        return compile_template(source).render(functions), compile_template(ids_source).render(functions)

    assert draw(1)[0] == draw(2)[0]
    assert not set(draw(1)[1]) & set(draw(2)[1])


def test_random_draws_stay_in_their_bounds(names: dict[str, Any]) -> None:
    for _ in range(100):
        assert 0.1 <= compile_template("{{ random.uniform(0.1, 0.4) }}").render(names) <= 0.4
        assert compile_template("{{ random.int(1, 2) }}").render(names) in (1, 2)
        assert compile_template("{{ choice([5, 6]) }}").render(names) in (5, 6)
    assert compile_template("{{ random.chance(1) }}").render(names) is True
    assert isinstance(compile_template("{{ random.normal(0, 1) }}").render(names), float)


def test_now_is_the_sandbox_clock_in_milliseconds(names: dict[str, Any]) -> None:
    assert compile_template("{{ now() }}").render(names) == 1_733_220_000_000
    assert compile_template("{{ now('-5m') }}").render(names) == 1_733_219_700_000
    assert compile_template("{{ now('+200ms') | iso }}").render(names) == "2024-12-03T10:00:00.200Z"


def test_filters_that_a_story_needs_are_there(names: dict[str, Any]) -> None:
    source = (
        "{{ node | upper | length }} {{ [3, 1] | sort | join('-') }} {{ 2.345 | round(1) }} {{ alert.items | tojson }}"
    )
    assert compile_template(source).render(names) == "25 1-3 2.3 [1, 2]"


def test_an_unknown_name_says_what_was_probably_meant(names: dict[str, Any]) -> None:
    with pytest.raises(TemplateFailed, match="'nod' is undefined") as caught:
        compile_template(SourceText("{{ nod }}", "story.yaml:4")).render(names)
    assert caught.value.hint == "did you mean 'node'?" and caught.value.where == "story.yaml:4"
    with pytest.raises(TemplateFailed, match="no attribute 'nothing'"):
        compile_template("x {{ alert.nothing }}").render(names)


@pytest.mark.parametrize("source", ["{{ 1 / 0 }}", "{{ node + 1 }}", "{{ node - 'z' }}", "{{ node() }}"])
def test_an_expression_that_cannot_be_evaluated_is_an_error_of_the_scenario(source: str, names: dict[str, Any]) -> None:
    with pytest.raises(TemplateFailed):
        compile_template(source).render(names)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ x", "cannot be read"),
        ("{{ x | nothing }}", "unknown filter 'nothing'"),
        ("{% for x in y %}{{ x }}{% endfor %}", "no {% … %} blocks"),
        ("{% set x = 1 %}{{ x }}", "no {% … %} blocks"),
        ("{% include 'x' %}", "no {% … %} blocks"),
        ("{{ " + "1 + " * 300 + "1 }}", "more than 200 parts"),
        ("{{ '" + "x" * 17_000 + "' }}", "at most 16384"),
        ("{{ " + "(" * 3_000 + "1" + ")" * 3_000 + " }}", "nested too deeply|cannot be read|more than"),
    ],
)
def test_what_is_more_than_an_expression_is_refused_when_the_file_is_read(source: str, message: str) -> None:
    with pytest.raises(BadValue, match=message):
        compile_template(source)
