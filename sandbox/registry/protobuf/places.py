"""The places of a Protobuf schema, by the names that people give them: `.Order.Line.amount`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from proto_schema_parser import ast

from sandbox.registry.formats import Places

__all__ = ["places"]


def places(file: ast.File) -> Places:
    package = next((each.name for each in file.file_elements if isinstance(each, ast.Package)), None)
    whole = {"syntax": file.syntax or "proto2", **({"package": package} if package else {})}
    imports = [each.name for each in file.file_elements if isinstance(each, ast.Import)]
    whole |= {"imports": ", ".join(imports)} if imports else {}
    return Places(package or "schema", {"": whole, **dict(_within(file.file_elements, ""))})


def _within(elements: Sequence[Any], path: str, **more: str) -> Iterator[tuple[str, dict[str, str]]]:
    for each in elements:
        place = f"{path}.{getattr(each, 'name', '')}"
        if isinstance(each, ast.Message):
            yield place, {"type": "message"}
            yield from _within(each.elements, place)
        elif isinstance(each, ast.Enum):
            yield place, {"type": "enum"}
            yield from _within(each.elements, place)
        elif isinstance(each, ast.EnumValue):
            yield place, {"type": "value", "number": str(each.number)}
        elif isinstance(each, ast.OneOf):
            yield from _within(each.elements, path, oneof=each.name)
        elif isinstance(each, ast.Group):
            yield place, {"type": _with_cardinality("group", each), "number": str(each.number), **more}
            yield from _within(each.elements, place)
        elif isinstance(each, ast.MapField):
            yield place, {"type": f"map<{each.key_type}, {each.value_type}>", "number": str(each.number)}
        elif isinstance(each, ast.Field):
            yield place, {"type": _with_cardinality(each.type, each), "number": str(each.number), **more}
        elif isinstance(each, ast.Service):
            yield place, {"type": "service"}
            yield from _within(each.elements, place)
        elif isinstance(each, ast.Method):
            yield place, {"type": f"rpc ({_message(each.input_type)}) returns ({_message(each.output_type)})"}


def _with_cardinality(type_: str, each: Any) -> str:
    return f"{each.cardinality.value.lower()} {type_}" if each.cardinality else type_


def _message(type_: ast.MessageType) -> str:
    return f"stream {type_.type}" if type_.stream else type_.type
