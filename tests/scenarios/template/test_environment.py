"""Templates cannot reach Python, and what they can compute is bounded."""

import random
import time
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.scenarios.template.environment import check_size
from sandbox.scenarios.template.functions import template_functions
from sandbox.scenarios.template.tree import TemplateFailed, compile_template

NAMES: dict[str, Any] = {
    **template_functions(random.Random(1), random.Random(2), ManualClock()),
    "text": "x" * 1_000,
    "big": "x" * 60_000,
    "record": {"items": [1], "keys": "mine", "a": {"b": 1}},
}


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ random.__init__.__globals__ }}",
        "{{ random._rng }}",
        "{{ random['_rng'] }}",
        "{{ uuid.__globals__ }}",
        "{{ now.__code__ }}",
        "{{ text.upper() }}",
        "{{ text.format(1) }}",
        "{{ text.ljust(1000000000) }}",
        "{{ record.items() }}",
        "{{ record.update({'a': 1}) }}",
        "{{ range(10) }}",
        "{{ lipsum() }}",
        "{{ cycler(1) }}",
        "{{ namespace() }}",
        "{{ dict(a=1) }}",
        "{{ self.x }}",
        "{{ self._TemplateReference__context }}",
        "{{ '%s' % text }}",
        "{{ random.uniform.__self__ }}",
    ],
)
def test_a_template_cannot_reach_anything_that_is_not_given_to_it(source: str) -> None:
    with pytest.raises(TemplateFailed):
        compile_template(source).render(NAMES)


def test_members_of_data_win_over_methods_of_their_type() -> None:
    assert compile_template("{{ record.items }}").render(NAMES) == [1]
    assert compile_template("{{ record.keys }}").render(NAMES) == "mine"
    assert compile_template("{{ record['a'].b }}").render(NAMES) == 1


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 1000000000 }}",
        "{{ 1000000000 * 'a' }}",
        "{{ [0] * 1000000000 }}",
        "{{ 10 ** 10000000 }}",
        "{{ 2 ** 60 ** 60 }}",
        "{{ (2 ** 64) ** 64 ** 2 }}",
        "{{ 99999999999999999999 ** 64 * 99999999999999999999 ** 64 }}",
        "{{ [text] * 100000 }}",
        "{{ [text] * 90000 | length | int }}",
        "{{ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big }}",
        "{{ [big, big, big, big, big] | join(big) ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big ~ big }}",
        "{{ 1 | round(1000000000) | string * 1000000 }}",
        "{{ 'x' | center(1000000000) }}",
    ],
)
def test_a_bomb_is_defused_at_once(source: str) -> None:
    began = time.perf_counter()
    with pytest.raises((TemplateFailed, ValueError)):
        compile_template(source).render(NAMES)
    assert time.perf_counter() - began < 1


def test_text_is_bounded_while_it_is_put_together() -> None:
    with pytest.raises(TemplateFailed, match="more than 1000000 characters"):
        compile_template("{{ big }}" * 18).render(NAMES)


def test_a_value_that_shares_its_parts_is_measured_in_full() -> None:
    value: Any = ["x" * 10]
    for _ in range(8):
        value = [value] * 10
    with pytest.raises(ValueError, match="too large"):
        check_size(value)
    check_size([["x"] * 100] * 100)
