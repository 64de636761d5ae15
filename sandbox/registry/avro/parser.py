"""Reads an Avro schema: the rules, names and leniencies of Java Avro 1.12, plus the place of every mistake.

Types may be used before they are defined. A place is a JSON pointer into the schema (`/fields/2/type`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.errors import SandboxError
from sandbox.registry.avro.defaults import Defaults
from sandbox.registry.avro.types import (
    PRIMITIVES,
    AvroType,
    Enum,
    Field,
    Fixed,
    Named,
    Record,
    Sequenced,
    Union,
    Unresolved,
)

__all__ = ["MAX_DEPTH", "InvalidAvro", "parse", "read_json"]

MAX_DEPTH = 200
"""Types nested deeper are refused: nobody writes them by hand, and each level costs stack."""
MAX_FIXED_BYTES = 2**31 - 9
_SCHEMA_WORDS = frozenset(
    ["doc", "fields", "items", "name", "namespace", "size", "symbols", "values", "type", "aliases"]
)
_ENUM_WORDS = _SCHEMA_WORDS | {"default"}
_FIELD_WORDS = frozenset(["default", "doc", "name", "order", "type", "aliases"])
_ORDERS = frozenset({"ascending", "descending", "ignore"})


class InvalidAvro(SandboxError):
    """The text is no Avro schema; `where` is the place, a JSON pointer ("" for the whole)."""


def parse(text: str, known: Sequence[Named] = (), *, validate_defaults: bool = True) -> AvroType:
    """The schema in `text`; `known` are the named types that references bring. Raises InvalidAvro."""
    try:
        return _Parser(known, validate_defaults).parse(read_json(text))
    except RecursionError:
        raise InvalidAvro("is nested too deeply", where="") from None


def read_json(text: str) -> Any:
    """Strict JSON, as Java's reader takes it. Raises InvalidAvro with line and column."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InvalidAvro(f"is not JSON: {error.msg} at line {error.lineno} column {error.colno}", where="") from None
    except RecursionError:
        raise InvalidAvro("is nested too deeply", where="") from None
    except ValueError as error:
        raise InvalidAvro(f"is not JSON: {error}", where="") from None


def named_types(type_: AvroType) -> list[Named]:
    """Every named type defined in a schema, each once."""
    found: dict[int, Named] = {}
    waiting = [type_]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Named):
            if id(each) in found:
                continue
            found[id(each)] = each
        if isinstance(each, Record):
            waiting.extend(field.type for field in each.fields)
        elif isinstance(each, Union):
            waiting.extend(each.branches)
        elif isinstance(each, Sequenced):
            waiting.append(each.element)
    return list(found.values())


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


class _Parser:
    def __init__(self, known: Sequence[Named], validate_defaults: bool) -> None:
        self._known = {each.full_name: each for each in known}
        self._defined: dict[str, Named] = {}
        self._uses: list[tuple[Unresolved, Any, str | int]] = []
        self._defaults: list[tuple[Field, str]] = []
        self._validate_defaults = validate_defaults

    def parse(self, schema: Any) -> AvroType:
        root = [self._type(schema, None, "", 0)]
        self._note_use(root, 0, root[0])
        self._resolve()
        if self._validate_defaults:
            defaults = Defaults()
            for field, where in self._defaults:
                if not defaults.is_valid(field.type, field.default):
                    raise InvalidAvro(
                        f"Invalid default for field {field.name}: "
                        f"{_short(field.default)} not a {_describe(field.type)}",
                        where=f"{where}/default",
                    )
        return root[0]

    def _type(self, schema: Any, namespace: str | None, where: str, depth: int) -> AvroType:
        if depth > MAX_DEPTH:
            raise InvalidAvro(f"types are nested more than {MAX_DEPTH} deep", where=where)
        if isinstance(schema, str):
            return self._find(schema, namespace, where)
        if isinstance(schema, dict):
            return self._described(schema, namespace, where, depth)
        if isinstance(schema, list):
            return self._union(schema, namespace, where, depth)
        raise InvalidAvro(f"{_short(schema)} is no schema: expected a name, an object or a union", where=where)

    def _described(self, schema: dict[str, Any], namespace: str | None, where: str, depth: int) -> AvroType:
        kind = schema.get("type")
        if not isinstance(kind, str):
            raise InvalidAvro(f"No type: {_short(schema)}", where=where)
        if kind in PRIMITIVES:
            return AvroType(kind, props=_props(schema, _SCHEMA_WORDS))
        if kind in ("record", "error"):
            return self._record(schema, namespace, where, depth)
        if kind == "enum":
            return self._enum(schema, namespace, where)
        if kind == "fixed":
            return self._fixed(schema, namespace, where)
        if kind in ("array", "map"):
            return self._sequenced(schema, kind, namespace, where, depth)
        return self._find(kind, namespace, f"{where}/type")

    def _find(self, name: str, namespace: str | None, where: str) -> AvroType:
        if name in PRIMITIVES:
            return AvroType(name)
        full = f"{namespace}.{name}" if namespace and "." not in name else name
        found = self._lookup(full) or self._lookup(name)
        if found is not None:
            return found
        space, _, simple = full.rpartition(".")
        return Unresolved("record", simple, space or None, plain=name, where=where)

    def _lookup(self, full_name: str) -> Named | None:
        return self._known.get(full_name) or self._defined.get(full_name)

    def _record(self, schema: dict[str, Any], namespace: str | None, where: str, depth: int) -> Record:
        name, space = self._name(schema, namespace, where)
        record = Record(schema["type"], name, space, _text(schema, "doc"), props=_props(schema, _SCHEMA_WORDS))
        self._define(record, where)
        entries = schema.get("fields")
        if not isinstance(entries, list):
            raise InvalidAvro(f"Record has no fields: {record.full_name}", where=where)
        fields: dict[str, Field] = {}
        for index, entry in enumerate(entries):
            place = f"{where}/fields/{index}"
            field = self._field(entry, space, place, depth)
            if field.name in fields:
                raise InvalidAvro(f"Duplicate field {field.name} in record {record.full_name}", where=place)
            fields[field.name] = field
        record.fields, record.by_name = tuple(fields.values()), fields
        record.aliases = _aliases(schema, where, named=True)
        return record

    def _field(self, entry: Any, namespace: str | None, where: str, depth: int) -> Field:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str):
            raise InvalidAvro(f"No field name: {_short(entry)}", where=where)
        _check_name(name, "Field name", f"{where}/name")
        if "type" not in entry:
            raise InvalidAvro(f"No field type: {_short(entry)}", where=where)
        type_ = self._type(entry["type"], namespace, f"{where}/type", depth + 1)
        order = entry.get("order", "ascending")
        if not isinstance(order, str) or order.lower() not in _ORDERS:
            raise InvalidAvro(f"{_short(order)} is no order: {', '.join(sorted(_ORDERS))}", where=f"{where}/order")
        field = Field(name, type_, _text(entry, "doc"), order=order.lower(), props=_props(entry, _FIELD_WORDS))
        if "default" in entry:
            field.default = _number(entry["default"], type_, where)
            self._defaults.append((field, where))
        field.aliases = _aliases(entry, where, named=False)
        self._note_use(field, "type", type_)
        return field

    def _enum(self, schema: dict[str, Any], namespace: str | None, where: str) -> Enum:
        name, space = self._name(schema, namespace, where)
        symbols = schema.get("symbols")
        if not isinstance(symbols, list):
            raise InvalidAvro(f"Enum has no symbols: {name}", where=where)
        known: set[str] = set()
        for index, symbol in enumerate(symbols):
            _check_name(symbol, "Enum symbol", f"{where}/symbols/{index}")
            if symbol in known:
                raise InvalidAvro(f"Duplicate enum symbol: {symbol}", where=f"{where}/symbols/{index}")
            known.add(symbol)
        default = _text(schema, "default")
        if default is not None and default not in known:
            raise InvalidAvro(f"The Enum Default: {default} is not in the enum symbol set: {symbols}", where=where)
        enum = Enum("enum", name, space, _text(schema, "doc"), symbols=tuple(symbols), default=default)
        self._define(enum, where)
        enum.props, enum.aliases = _props(schema, _ENUM_WORDS), _aliases(schema, where, named=True)
        return enum

    def _fixed(self, schema: dict[str, Any], namespace: str | None, where: str) -> Fixed:
        name, space = self._name(schema, namespace, where)
        size = schema.get("size")
        if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size <= MAX_FIXED_BYTES:
            raise InvalidAvro(f"Invalid or no size: {_short(size)}", where=f"{where}/size")
        fixed = Fixed("fixed", name, space, _text(schema, "doc"), size=size)
        self._define(fixed, where)
        fixed.props, fixed.aliases = _props(schema, _SCHEMA_WORDS), _aliases(schema, where, named=True)
        return fixed

    def _sequenced(self, schema: dict[str, Any], kind: str, namespace: str | None, where: str, depth: int) -> Sequenced:
        member = "items" if kind == "array" else "values"
        if member not in schema:
            raise InvalidAvro(f"{kind.title()} has no {member} type", where=where)
        element = self._type(schema[member], namespace, f"{where}/{member}", depth + 1)
        found = Sequenced(kind, element, props=_props(schema, _SCHEMA_WORDS))
        self._note_use(found, "element", element)
        return found

    def _union(self, schema: list[Any], namespace: str | None, where: str, depth: int) -> Union:
        union = Union("union", [])
        names: set[str] = set()
        for index, entry in enumerate(schema):
            place = f"{where}/{index}"
            branch = self._type(entry, namespace, place, depth + 1)
            if isinstance(branch, Union):
                raise InvalidAvro("Nested union", where=place)
            if branch.full_name in names:
                raise InvalidAvro(f"Duplicate in union:{branch.full_name}", where=place)
            names.add(branch.full_name)
            union.branches.append(branch)
            self._note_use(union.branches, index, branch)
        return union

    def _name(self, schema: dict[str, Any], namespace: str | None, where: str) -> tuple[str, str | None]:
        written = schema.get("name")
        if not isinstance(written, str):
            raise InvalidAvro(f"No name in schema: {_short(schema)}", where=where)
        space = _text(schema, "namespace")
        space = namespace if space is None else space
        if "." in written:
            space, _, written = written.rpartition(".")
        for part in space.split(".") if space else ():
            _check_name(part, "Namespace part", where)
        _check_name(written, "Name", f"{where}/name")
        return written, space or None

    def _define(self, type_: Named, where: str) -> None:
        full = type_.full_name
        if full in PRIMITIVES:
            raise InvalidAvro(f"Schemas may not be named after primitives: {full}", where=f"{where}/name")
        earlier = self._lookup(full)
        if earlier is not None and not _same_again(earlier, type_):
            raise InvalidAvro(f"Can't redefine: {full}", where=f"{where}/name")
        self._defined.setdefault(full, type_)

    def _note_use(self, holder: Any, slot: str | int, type_: AvroType) -> None:
        if isinstance(type_, Unresolved):
            self._uses.append((type_, holder, slot))

    def _resolve(self) -> None:
        for use, holder, slot in self._uses:
            found = self._lookup(use.full_name) or self._lookup(use.plain)
            if found is None:
                raise InvalidAvro(f'"{use.full_name}" is not a defined name', where=use.where)
            if isinstance(slot, int):
                holder[slot] = found
            else:
                setattr(holder, slot, found)


def _same_again(earlier: Named, later: Named) -> bool:
    """Java lets an enum or fixed without extra properties be written out twice."""
    if isinstance(earlier, Enum) and isinstance(later, Enum):
        return not earlier.props and earlier.symbols == later.symbols
    return isinstance(earlier, Fixed) and isinstance(later, Fixed) and not earlier.props and earlier.size == later.size


def _number(default: Any, type_: AvroType, where: str) -> Any:
    """Java reads a textual default of float and double as a number ("NaN" is the one way to write it)."""
    if type_.kind not in ("float", "double") or not isinstance(default, str):
        return default
    try:
        return float(default)
    except ValueError:
        raise InvalidAvro(f"{_short(default)} is no {type_.kind}", where=f"{where}/default") from None


def _check_name(name: Any, what: str, where: str) -> None:
    """Letters and digits of any script, and `_`; no digit first."""
    if not isinstance(name, str) or not name:
        raise InvalidAvro(f"{what} is empty" if name == "" else f"{what} {_short(name)} is not a string", where=where)
    if not (name[0].isalpha() or name[0] == "_"):
        raise InvalidAvro(f'{what} "{_short(name)}" is invalid: Illegal initial character', where=where)
    if not name.isidentifier() and not all(each.isalpha() or each.isdecimal() or each == "_" for each in name):
        raise InvalidAvro(f'{what} "{_short(name)}" is invalid: Illegal character', where=where)


def _aliases(schema: Mapping[str, Any], where: str, *, named: bool) -> tuple[str, ...]:
    aliases = schema.get("aliases", ())
    if not isinstance(aliases, list | tuple):
        raise InvalidAvro(f"aliases not an array: {_short(aliases)}", where=f"{where}/aliases")
    for index, alias in enumerate(aliases):
        place = f"{where}/aliases/{index}"
        if not isinstance(alias, str):
            raise InvalidAvro(f"alias not a string: {_short(alias)}", where=place)
        if named:
            _check_name(alias.rpartition(".")[2], "Alias", place)
    return tuple(dict.fromkeys(aliases))


def _props(schema: Mapping[str, Any], words: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in words}


def _text(schema: Mapping[str, Any], member: str) -> str | None:
    value = schema.get(member)
    return value if isinstance(value, str) else None


def _describe(type_: AvroType) -> str:
    if isinstance(type_, Union):
        return "[" + ",".join(branch.full_name for branch in type_.branches) + "]"
    return type_.full_name


def _short(value: Any) -> str:
    """The value as JSON, cut to what an error message can hold."""
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(a deeply nested value)"
    return text if len(text) <= 200 else f"{text[:200]}…"
