"""Plain expressions come to the same as by Jinja, and nothing is evaluated that Jinja would refuse."""

import random
from typing import Any

import pytest

from sandbox.clock import ManualClock
from sandbox.scenarios.template.functions import template_functions
from sandbox.scenarios.template.tree import Expression, TemplateFailed, TextTemplate, compile_template


class Secret:
    value = "attribute"

    def call(self) -> str:
        return "called"


def names() -> dict[str, Any]:
    return {
        **template_functions(random.Random(1), random.Random(2), ManualClock()),
        "row": {"price": 1.5, "list": [1, 2], "items": "a member", "deep": {"x": "y"}},
        "n": 7, "text": "abc", "secret": Secret(), "large": 1 << 2000, "flag": True, "nothing": None,
    }  # fmt: skip


PLAIN = [
    "{{ n }}", "{{ 'word' }}", "{{ row.price }}", "{{ row['deep'].x }}", "{{ row.list[1] }}", "{{ row.items }}",
    "{{ n * 2 + 1 }}", "{{ n / 2 - row.price }}", "{{ n // 2 }}", "{{ (row.price * 3) | round(1) }}", "{{ n | round }}",
    "{{ random.uniform(1, 2) }}", "{{ random.int(1, n) }}", "{{ choice('a', 'b', 'c') }}", "{{ now() }}",
    "{{ uuid() }}", "a{{ n }}-{{ row.price }}-{{ flag }}-{{ nothing }}", "{{ random.choice(row.list) }}",
]  # fmt: skip
LEFT_TO_JINJA = [
    "{{ n if flag else 0 }}", "{{ text ~ n }}", "{{ n ** 2 }}", "{{ n % 2 }}", "{{ row.list | length }}",
    "{{ text + 'd' }}", "{{ text * 2 }}", "{{ -n }}", "{{ n > 3 }}", "{{ text[0] }}", "{{ large }}", "{{ [n, 1] }}",
]  # fmt: skip
REFUSED = [
    "{{ secret.value }}", "{{ secret.call() }}", "{{ text.upper() }}", "{{ row.keys() }}", "{{ row.list.append(1) }}",
    "{{ random.__class__ }}", "{{ random._rng }}", "{{ random._rng.random() }}", "{{ uuid.__globals__ }}",
    "{{ missing }}", "{{ row.missing }}", "{{ large * large }}", "{{ random.uniform(1) }}", "{{ n / 0 }}",
    "{{ secret() }}",
]  # fmt: skip


def without_short_cut(source: str) -> Any:
    template = compile_template(source)
    assert isinstance(template, Expression | TextTemplate)
    template._plain = None
    return template


@pytest.mark.parametrize("source", [*PLAIN, *LEFT_TO_JINJA])
def test_it_comes_to_the_same(source: str) -> None:
    quick, slow = compile_template(source).render(names()), without_short_cut(source).render(names())
    assert (quick, type(quick)) == (slow, type(slow))


@pytest.mark.parametrize("source", PLAIN)
def test_what_records_are_made_of_is_plain(source: str) -> None:
    template = compile_template(source)
    assert template._plain is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("source", REFUSED)
def test_what_jinja_refuses_is_refused_in_its_words(source: str) -> None:
    with pytest.raises(TemplateFailed) as quick:
        compile_template(source).render(known := names())
    with pytest.raises(TemplateFailed) as slow:
        without_short_cut(source).render(known)
    assert quick.value.message == slow.value.message
