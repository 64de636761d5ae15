"""A predicate: one or more words of `ASSERTIONS` that must all hold, or a bare value that means equals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sandbox.scenarios.assertions import ASSERTIONS
from sandbox.scenarios.assertions.assertion import Assertion, is_number, show
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.template.tree import Constant, SourceText, Template, compile_template, shown

__all__ = ["Check", "CountField", "Predicate", "PredicateField"]


@dataclass(frozen=True, slots=True)
class Check:
    """A predicate whose operands are known."""

    assertions: tuple[Assertion, ...]

    def holds(self, actual: Any) -> bool:
        return all(each.holds(actual) for each in self.assertions)

    def describe(self) -> str:
        return " and ".join(each.describe() for each in self.assertions)

    def out_of_reach(self, count: int) -> bool:
        """Whether a growing count that is `count` now can never satisfy this any more."""
        return any(each.out_of_reach(count) for each in self.assertions)


class Predicate:
    """Words with operands that may be templates; `bind` gives the `Check` for one run of a step."""

    def __init__(self, words: Mapping[str, Template]) -> None:
        self.words = dict(words)

    @classmethod
    def parse(cls, value: Any) -> Predicate:
        """A predicate of a value read from YAML. Raises BadValue with the nearest word."""
        if isinstance(value, Predicate):
            return value
        if not isinstance(value, Mapping):
            return cls._checked({"equals": compile_template(value)})
        if not value:
            raise BadValue("expected a predicate, found {}", hint="to compare with an empty object write {equals: {}}")
        for word in value:
            if word not in ASSERTIONS:
                close = nearest(str(word), ASSERTIONS)
                raise BadValue(
                    f"unknown predicate {word!r}, expected one of {', '.join(ASSERTIONS)}",
                    hint=f"did you mean {close!r}?" if close else "to compare with an object write {equals: {…}}",
                )
        return cls._checked({word: _operand(word, operand) for word, operand in value.items()})

    @classmethod
    def _checked(cls, words: Mapping[str, Template]) -> Predicate:
        for word, operand in words.items():
            if isinstance(operand, Constant):
                ASSERTIONS[word](operand.value)
        return cls(words)

    @property
    def templates(self) -> tuple[Template, ...]:
        return tuple(self.words.values())

    def describe(self, names: Mapping[str, Any] | None = None) -> str:
        """For a title: `eu`, or `gte 500`; operands are filled as far as the names allow."""
        told = [(word, shown(operand, names)) for word, operand in self.words.items()]
        if isinstance(negated := self.words.get("not"), Constant):
            told = [
                (word, text if word != "not" else ASSERTIONS[word](negated.value).describe()) for word, text in told
            ]
        plain = {"equals": "{1}", "not": "{1}", "schema": "{0}"}
        return " and ".join(plain.get(word, "{0} {1}").format(word, text) for word, text in told)

    def bind(self, names: Mapping[str, Any]) -> Check:
        """Raises TemplateFailed, or BadValue when a rendered operand does not fit its word."""
        return Check(tuple(ASSERTIONS[word](operand.render(names)) for word, operand in self.words.items()))


def _operand(word: str, operand: Any) -> Template:
    """A topic's name stands for its schema, which the contracts of the sandbox know when the step runs."""
    if word == "schema" and isinstance(operand, str) and "{{" not in operand:
        source = f"{{{{ avro_schema({json.dumps(operand)}) }}}}"
        return compile_template(SourceText(source, getattr(operand, "where", "")))
    return compile_template(operand)


def _count(value: Any) -> Predicate:
    """A predicate over a number of things: whole numbers only."""
    predicate = Predicate.parse(value)
    for word, operand in predicate.words.items():
        if isinstance(operand, Constant):
            numbers = operand.value if word in ("in", "between") else [operand.value]
            for number in numbers:
                if not is_number(number) or number != int(number) or number < 0:
                    raise BadValue(f"expected a whole number of at least 0, found {show(number)}")
    for word in predicate.words:
        if word in ("matches", "contains", "exists", "schema", "not"):
            raise BadValue(f"a count cannot be compared by {word!r}", hint="use a number, gte, lte, between or in")
    return predicate


def _schema(*bare: str) -> dict[str, Any]:
    words = {word: each.operand_schema or {} for word, each in ASSERTIONS.items()}
    described = {word: {**schema, "description": _doc(word)} for word, schema in words.items()}
    mapping = {"type": "object", "properties": described, "additionalProperties": False, "minProperties": 1}
    return {"anyOf": [{"type": list(bare)}, mapping]}


def _doc(word: str) -> str:
    return " ".join((ASSERTIONS[word].__doc__ or "").split())


PredicateField = Annotated[
    Predicate,
    PlainValidator(Predicate.parse),
    WithJsonSchema(_schema("string", "number", "boolean", "null", "array")),
]
CountField = Annotated[Predicate, PlainValidator(_count), WithJsonSchema(_schema("integer", "string"))]
