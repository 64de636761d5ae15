"""`.proto` text, read and printed by the `proto-schema-parser` library (imported with the first Protobuf subject).

The library itself goes on after a mistake; here every mistake is an error. What a compiler would refuse besides is
checked too: numbers and names used twice, numbers out of range, types that nobody defines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from antlr4.error.ErrorListener import ErrorListener
from proto_schema_parser import ast
from proto_schema_parser.generator import Generator
from proto_schema_parser.parser import Parser

from sandbox.registry.formats import InvalidSchema

__all__ = ["canonical_text", "check", "read_text"]

SCALARS = frozenset(
    {
        "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32",
        "sfixed64", "bool", "string", "bytes",
    }
)  # fmt: skip
MAX_NUMBER = 2**29 - 1
RESERVED_NUMBERS = range(19_000, 20_000)
DEPTH_LIMIT = 100
GIVEN = "google/"
"""Imports below this path come with every Protobuf implementation."""


class _Strict(ErrorListener):
    def syntaxError(self, recognizer: Any, symbol: Any, line: int, column: int, message: str, error: Any) -> None:
        raise InvalidSchema(f"line {line}:{column}: {message[:200]}", where=f"{line}:{column}")


def read_text(text: str) -> ast.File:
    """Raises InvalidSchema with line and column."""
    if _depth(text) > DEPTH_LIMIT:
        raise InvalidSchema(f"messages are nested more than {DEPTH_LIMIT} deep")
    parser = Parser(setup_lexer=_be_strict, setup_parser=_be_strict)
    try:
        file = parser.parse(text)
    except ValueError as error:
        raise InvalidSchema(f"is not Protobuf: {error}") from None
    if all(isinstance(each, ast.Comment) for each in file.file_elements):
        raise InvalidSchema("is not Protobuf: it defines nothing")
    if file.syntax not in (None, "proto2", "proto3"):
        raise InvalidSchema(f'unknown syntax "{file.syntax}": expected proto2 or proto3')
    return file


def _be_strict(recognizer: Any) -> None:
    recognizer.removeErrorListeners()
    recognizer.addErrorListener(_Strict())


def _depth(text: str) -> int:
    depth = deepest = 0
    for each in text:
        if each == "{":
            depth += 1
            deepest = max(deepest, depth)
        elif each == "}":
            depth -= 1
    return deepest


def canonical_text(file: ast.File) -> str:
    return Generator().generate(_without_comments(file)) + "\n"


def _without_comments(node: Any) -> Any:
    """A copy in which only what counts is left."""
    members = dict(vars(node))
    for name in ("file_elements", "elements"):
        if name in members:
            members[name] = [_without_comments(each) for each in members[name] if not isinstance(each, ast.Comment)]
    return type(node)(**members)


def check(file: ast.File, imported: Mapping[str, ast.File | None]) -> None:
    """Raises InvalidSchema for what a Protobuf compiler would refuse.

    `imported` are the references by name, None for one whose types cannot be seen here: then any type may be its.
    """
    package = _package(file)
    known = set(_defined(file.file_elements, package))
    lenient = False
    for name in _imports(file.file_elements):
        if name in imported:
            other = imported[name]
            known |= set(_defined(other.file_elements, _package(other))) if other else set()
            lenient = lenient or other is None or any(_imports(other.file_elements))
        elif not name.startswith(GIVEN):
            raise InvalidSchema(f'the import "{name}" is not among the references')
    for scope, message in _messages(file.file_elements, package):
        _check_message(message, scope, known, lenient)


def _package(file: ast.File) -> str:
    return next((each.name for each in file.file_elements if isinstance(each, ast.Package)), "")


def _imports(elements: Sequence[Any]) -> Iterator[str]:
    return (each.name.strip("\"'") for each in elements if isinstance(each, ast.Import))


def _defined(elements: Sequence[Any], scope: str) -> Iterator[str]:
    """Full names of the messages and enums."""
    for each in elements:
        if isinstance(each, ast.Message | ast.Enum | ast.Group):
            yield _join(scope, each.name)
        if isinstance(each, ast.Message | ast.Group):
            yield from _defined(each.elements, _join(scope, each.name))


def _messages(elements: Sequence[Any], scope: str) -> Iterator[tuple[str, ast.Message]]:
    for each in elements:
        if isinstance(each, ast.Message):
            yield _join(scope, each.name), each
            yield from _messages(each.elements, _join(scope, each.name))


def _check_message(message: ast.Message, scope: str, known: set[str], lenient: bool) -> None:
    numbers: dict[int, str] = {}
    names: set[str] = set()
    for field in _fields(message.elements):
        if not field.name or field.name in names:
            raise InvalidSchema(f'field "{field.name}" is defined twice in {scope}', where=scope)
        if field.number in numbers:
            both = f"{numbers[field.number]} and {field.name}"
            raise InvalidSchema(f"number {field.number} is used twice in {scope}, by {both}", where=scope)
        if not 0 < field.number <= MAX_NUMBER or field.number in RESERVED_NUMBERS:
            raise InvalidSchema(f"number {field.number} of {scope}.{field.name} is not a field number")
        names.add(field.name)
        numbers[field.number] = field.name
        type_ = field.value_type if isinstance(field, ast.MapField) else getattr(field, "type", None)
        if type_ and not lenient and not _is_known(type_, scope, known):
            raise InvalidSchema(f'"{type_}" of {scope}.{field.name} is not defined', where=f"{scope}.{field.name}")


def _fields(elements: Sequence[Any]) -> Iterator[Any]:
    for each in elements:
        if isinstance(each, ast.OneOf):
            yield from _fields(each.elements)
        elif isinstance(each, ast.Field | ast.MapField | ast.Group):
            yield each


def _is_known(type_: str, scope: str, known: set[str]) -> bool:
    """Names are looked for from the inside out; `google.` types are taken as known."""
    if type_ in SCALARS or type_.lstrip(".").startswith("google."):
        return True
    if type_.startswith("."):
        return type_[1:] in known
    while True:
        if _join(scope, type_) in known:
            return True
        if not scope:
            return False
        scope = scope.rpartition(".")[0]


def _join(scope: str, name: str) -> str:
    return f"{scope}.{name}" if scope else name
