"""What must hold of the run's names for steps to run: predicates by name or JSONPath, or one yes-or-no expression."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.model.bad_value import BadValue
from sandbox.scenarios.model.predicate import Predicate
from sandbox.scenarios.model.selection import Expectation, Observed, Selector, check_path
from sandbox.scenarios.template.tree import Expression, Template, compile_template

__all__ = ["Condition", "ConditionField"]

_FIRST_NAME = re.compile(r"\$(?:\.([A-Za-z_]\w*)|\[['\"]([A-Za-z_]\w*)['\"]\])")


class _Used(Template):
    """Stands for a name that a JSONPath begins with, so that unknown ones are found before the run."""

    def __init__(self, name: str, source: str) -> None:
        self.names = frozenset((name,))
        self.source = source
        self.where = getattr(source, "where", None)

    def render(self, names: Mapping[str, Any]) -> Any:
        return names[next(iter(self.names))]


@dataclass(frozen=True, slots=True)
class Condition:
    """Either `asked`, predicates that must all hold, or an `expression`."""

    asked: Mapping[Selector, Predicate]
    expression: Template | None
    used: tuple[Template, ...]
    """Every template in it."""

    @classmethod
    def parse(cls, value: Any) -> Condition:
        """Raises BadValue."""
        if isinstance(value, Condition):
            return value
        if isinstance(value, str):
            expression = compile_template(value)
            if not isinstance(expression, Expression):
                raise BadValue(
                    f"expected a condition, found {show(value)}",
                    hint='for example {region: eu}, {$.answer.status: {gte: 500}} or "{{ count > 3 }}"',
                )
            return cls({}, expression, tuple(expression.walk()))
        if not isinstance(value, Mapping) or not value:
            raise BadValue(f"expected a condition, found {show(value)}", hint="for example {region: eu}")
        asked, used = {}, []
        for key, predicate in value.items():
            selector, name = _selected(key)
            asked[selector] = Predicate.parse(predicate)
            used.append(_Used(name, key))
            used += [each for operand in asked[selector].templates for each in operand.walk()]
        return cls(asked, None, tuple(used))

    def unmet(self, names: Mapping[str, Any]) -> str | None:
        """What does not hold, None when all does. Raises TemplateFailed, or BadValue for what is not yes or no."""
        if self.expression is not None:
            result = self.expression.render(names)
            if not isinstance(result, bool):
                raise BadValue(f"{self.describe()} is {show(result)}, expected true or false")
            return None if result else f"{self.describe()} is false"
        sight = Observed(document=dict(names))
        wrong = [each.mismatch(sight) for each in Expectation.bind(self.asked, names)]
        told = [found.describe() for found in wrong if found is not None]
        return ", ".join(told).replace("$.", "") or None

    def describe(self, names: Mapping[str, Any] | None = None) -> str:
        if self.expression is not None:
            return getattr(self.expression, "source", "")
        return " and ".join(
            f"{selector.text.removeprefix('$.')} {predicate.describe(names)}"
            for selector, predicate in self.asked.items()
        )


def _selected(key: str) -> tuple[Selector, str]:
    path = key if key.startswith("$") else f"$.{key}"
    check_path(path)
    match = _FIRST_NAME.match(path)
    if match is None:
        raise BadValue(
            f"expected a name, or a JSONPath that begins with one, found {key!r}", hint="such as $.answer.status"
        )
    return Selector(path), match[1] or match[2]


ConditionField = Annotated[
    Condition,
    PlainValidator(Condition.parse),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": r"^\{\{"}, {"type": "object", "minProperties": 1}]}),
]
