"""The base of every model of the scenario file: frozen, and an unknown key is an error that names the nearest one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, PlainValidator, WithJsonSchema, model_validator

from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.condition import Condition
from sandbox.scenarios.model.predicate import Predicate
from sandbox.scenarios.template.tree import Template, compile_template

__all__ = ["RESERVED_NAMES", "Name", "Strict", "TemplateField", "TemplatedMapping", "UnknownKey"]


class UnknownKey(BadValue):
    """`key` is the one that no field has."""

    def __init__(self, key: str, known: list[str], what: str) -> None:
        close = nearest(key, known)
        super().__init__(
            f"unknown key {key!r} in {what}, expected {', '.join(known)}",
            hint=f"did you mean {close!r}?" if close else None,
        )
        self.key = key


class Strict(BaseModel):
    """Fields are given by their names in the file only."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    apart: ClassVar[bool] = False
    """Whether it stands for itself where another model holds it, as a step inside a step does."""

    @classmethod
    def keys(cls) -> list[str]:
        """The keys that a file may use, in the order of the fields."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def describe_kind(cls) -> str:
        """How errors name this model."""
        return f"a {cls.__name__.lower()}"

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, value: Any) -> Any:
        if isinstance(value, Mapping):
            known = cls.keys()
            for key in value:
                if key not in known:
                    raise UnknownKey(str(key), known, cls.describe_kind())
        return value

    def templates(self) -> Iterator[Template]:
        """Every template in this model, in the order of the fields."""
        for name in type(self).model_fields:
            yield from _templates_of(getattr(self, name))


def _templates_of(value: Any) -> Iterator[Template]:
    if isinstance(value, Template):
        yield from value.walk()
    elif isinstance(value, Predicate):
        for operand in value.templates:
            yield from operand.walk()
    elif isinstance(value, Condition):
        yield from value.used
    elif isinstance(value, Strict) and not value.apart:
        yield from value.templates()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _templates_of(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from _templates_of(each)


TemplateField = Annotated[Template, PlainValidator(compile_template), WithJsonSchema({})]
"""Any value; strings in it may hold templates."""


def _mapping(value: Any) -> Template:
    if not isinstance(value, Mapping):
        raise BadValue(f"expected a mapping, found {type(value).__name__}")
    return compile_template(value)


TemplatedMapping = Annotated[Template, PlainValidator(_mapping), WithJsonSchema({"type": "object"})]

RESERVED_NAMES = frozenset(
    (
        *("capsule", "odyssey", "plato", "registry", "run", "random", "uuid", "new_id", "now", "choice"),
        *("sequence", "row", "avro_schema", "round"),
        *("true", "false", "none", "null", "and", "or", "not", "in", "is", "if", "else", "self"),
    )
)


def _name(value: Any) -> str:
    if not isinstance(value, str) or not value.isidentifier() or not value.isascii():
        raise BadValue(f"expected a name of letters, digits and _, found {value!r}")
    if value in RESERVED_NAMES:
        raise BadValue(f"the name {value!r} is taken", hint="choose another one")
    return str(value)


Name = Annotated[str, PlainValidator(_name), WithJsonSchema({"type": "string", "pattern": r"^[A-Za-z_][A-Za-z0-9_]*$"})]
"""A name that templates can use."""
