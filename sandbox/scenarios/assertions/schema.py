from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from sandbox.scenarios.assertions.assertion import Assertion, Missing, show
from sandbox.scenarios.model.bad_value import BadValue


class Schema(Assertion):
    """Fits a JSON Schema given here, or the Avro schema of a topic of the contracts given by the topic's name."""

    word = "schema"
    operand_schema = {"type": ["object", "string"]}

    def __init__(self, operand: Any) -> None:
        super().__init__(operand)
        if isinstance(operand, AvroSchema):
            return
        if not isinstance(operand, Mapping):
            raise BadValue(f"expected a JSON Schema or the name of a topic, found {show(operand)}")
        from jsonschema import Draft202012Validator, SchemaError

        if (away := next(_references_away(operand), None)) is not None:
            raise BadValue(f"the JSON Schema refers to {away!r}", hint="only references within it, such as #/$defs/id")
        try:
            Draft202012Validator.check_schema(operand)
        except SchemaError as error:
            raise BadValue(f"this is not a JSON Schema: {error.message}") from None

    def holds(self, actual: Any) -> bool:
        if isinstance(actual, Missing):
            return False
        if isinstance(self.operand, AvroSchema):
            from fastavro.validation import validate

            return bool(validate(actual, self.operand.schema, raise_errors=False))
        from jsonschema import Draft202012Validator
        from referencing.exceptions import Unresolvable

        with suppress(Unresolvable):
            return bool(Draft202012Validator(self.operand).is_valid(actual))
        return False

    def describe(self) -> str:
        return f"fits the schema of {self.operand.topic}" if isinstance(self.operand, AvroSchema) else "fits the schema"


def _references_away(schema: Any) -> Iterator[str]:
    waiting = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Mapping):
            if isinstance(reference := each.get("$ref"), str) and not reference.startswith("#"):
                yield reference
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each


class AvroSchema:
    """The schema of a topic's values."""

    def __init__(self, topic: str, schema: Any) -> None:
        self.topic = topic
        self.schema = schema

    def __str__(self) -> str:
        return f"of {self.topic}"
