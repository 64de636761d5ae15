"""A team's contracts against what our services read and write: what they miss, topic by topic and field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.contracts.avro_type import AvroTypes
from sandbox.contracts.catalog import Contracts
from sandbox.contracts.uses import Reads, Writes, uses_of_services

__all__ = ["Finding", "compare", "unreadable_fields"]

DEAD_LETTERED = "dead-letters every record"


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem` says what is wrong with a topic or a field of it, `effects` what each service does about it.

    `fails` when records are dead-lettered or cannot be published; else something is only left out.
    """

    topic: str
    field: str | None
    problem: str
    effects: tuple[tuple[str, str], ...]
    fails: bool

    @property
    def text(self) -> str:
        """`rim.fast-path: RimFastEvent.price is missing: CAPSULE leaves dynamics.price out`"""
        effects = "; ".join(f"{service.upper()} {effect}" for service, effect in self.effects)
        return f"{self.problem}: {effects}"

    def to_json(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "field": self.field,
            "fails": self.fails,
            "text": self.text,
            "effects": [{"service": service, "effect": effect} for service, effect in self.effects],
        }


def compare(contracts: Contracts, services: Collection[str]) -> list[Finding]:
    """What these services of ours miss in a team's contracts. Nothing for the built-in ones."""
    built_in = Contracts.load()
    found: dict[tuple[str, str | None, str], Finding] = {}
    for service, uses in uses_of_services().items():
        if service in services:
            for topic, reads in uses.reads.items():
                _merge(found, service, _read(topic, reads, contracts, built_in))
            for topic, writes in uses.writes.items():
                _merge(found, service, _written(topic, writes, contracts, built_in))
    return list(found.values())


def unreadable_fields(topic: str, reads: Reads, contracts: Contracts, built_in: Contracts) -> tuple[str, ...]:
    """The fields whose values a reader of ours may find to be of a type that it cannot read."""
    expected, given = _types(built_in, topic), _types(contracts, topic)
    if expected is None or topic not in contracts.topics:
        return ()
    fields = (*reads.needs, *reads.uses)
    if given is None:
        return fields
    return tuple(
        field
        for field in fields
        if (has := given.field(field)) is not None
        and _unreadable(given, has, expected, _nullable(expected.field(field)))
    )


_Told = tuple[str, str | None, str, str, bool]
"""Topic, field, problem, effect, whether it fails."""


def _merge(found: dict[tuple[str, str | None, str], Finding], service: str, told: Iterator[_Told]) -> None:
    """One finding for one problem, whoever has it."""
    for topic, field, problem, effect, fails in told:
        known = found.get((topic, field, problem))
        effects = (*(known.effects if known else ()), (service, effect))
        fails = fails or (known is not None and known.fails)
        found[topic, field, problem] = Finding(topic, field, problem, effects, fails)


def _read(topic: str, reads: Reads, contracts: Contracts, built_in: Contracts) -> Iterator[_Told]:
    if topic not in contracts.topics:
        yield topic, None, f"topic {topic} is missing", reads.without, False
        return
    expected, given = _types(built_in, topic), _types(contracts, topic)
    if expected is None or not (reads.needs or reads.uses):
        return
    if given is None:
        problem = f"{topic} is json, expected avro"
        yield topic, None, problem, "reads what it finds and dead-letters records that lack what it needs", True
        return
    for field, instead in reads.needs.items():
        yield from _needed(topic, field, instead, expected, given)
    for field, effect in reads.uses.items():
        wanted = _nullable(expected.field(field))
        if (has := given.field(field)) is None:
            yield topic, field, f"{_name(topic, given, field)} is missing", effect, False
        elif _unreadable(given, has, expected, wanted):
            problem = _mismatch(topic, field, given, has, expected, expected.field(field))
            strange = list(given.strangers(has, expected, wanted))
            if {*given.names(has)} > {*strange, "null"}:
                yield topic, field, problem, f"dead-letters records in which it is {' or '.join(strange)}", True
            else:
                yield topic, field, problem, f"{effect}, and dead-letters records that carry it", True


def _needed(
    topic: str, field: str, instead: Mapping[str, Any], expected: AvroTypes, given: AvroTypes
) -> Iterator[_Told]:
    choices = {field: expected.field(field), **instead}
    there = {name: type_ for name in choices if (type_ := given.field(name)) is not None}
    if not there:
        also = f", and so is {' or '.join(instead)}" if instead else ""
        yield topic, field, f"{_name(topic, given, field)} is missing{also}", DEAD_LETTERED, True
        return
    name, has = next(iter(there.items()))
    if _unreadable(given, has, expected, choices[name]):
        nothing_else = {"null"} == set(given.strangers(has, expected, choices[name]))
        effect = "dead-letters records without it" if nothing_else else DEAD_LETTERED
        yield topic, name, _mismatch(topic, name, given, has, expected, choices[name]), effect, True


def _unreadable(given: AvroTypes, has: Any, expected: AvroTypes, wanted: Any) -> bool:
    """Whether values of the team's type are nothing for a reader of ours; enums are read as text."""
    texts = any(isinstance(each, dict) and each["type"] == "enum" for each in expected.branches(wanted))
    return any(given.strangers(has, expected, [*expected.branches(wanted), "string"] if texts else wanted))


def _written(topic: str, writes: Writes, contracts: Contracts, built_in: Contracts) -> Iterator[_Told]:
    if topic not in contracts.topics:
        yield topic, None, f"topic {topic} is missing", writes.without, False
        return
    wanted = built_in.topics[topic].partitions
    if wanted == 1 and contracts.topics[topic].partitions != 1:
        problem = f"{topic} has {contracts.topics[topic].partitions} partitions, expected 1"
        yield topic, None, problem, "writes without a global order", False
    ours, theirs = _ours(topic, writes, built_in), _types(contracts, topic)
    if theirs is None:
        if built_in.topics[topic].format == "avro":
            yield topic, None, f"{topic} is json, expected avro", "writes the same fields as JSON", False
        return
    fields = theirs.fields()
    for name, field in ours.fields().items():
        if name not in fields:
            yield topic, name, f"{_name(topic, theirs, name)} is missing", "leaves it out of its records", False
        elif strange := list(ours.strangers(field["type"], theirs, fields[name]["type"])):
            problem = _mismatch(topic, name, theirs, fields[name]["type"], ours, field["type"])
            is_enum = strange == ["string"] and theirs.describe(fields[name]["type"]).startswith("enum")
            values = "another text" if is_enum else " or ".join(strange)
            yield topic, name, problem, f"cannot publish records in which it is {values}", True
    for name, field in fields.items():
        if name not in ours.fields() and "default" not in field:
            problem = f"{_name(topic, theirs, name)} has no default and nothing fills it"
            yield topic, name, problem, "cannot publish a record", True


def _ours(topic: str, writes: Writes, built_in: Contracts) -> AvroTypes:
    if writes.fields is None:
        schema: Any = built_in.schema_of(topic)
    else:
        fields = [{"name": name, "type": type_} for name, type_ in writes.fields.items()]
        schema = {"type": "record", "name": topic, "fields": fields}
    return AvroTypes(schema)


def _types(contracts: Contracts, topic: str) -> AvroTypes | None:
    schema = contracts.schema_of(topic)
    return None if schema is None else AvroTypes(schema)


def _nullable(type_: Any) -> list[Any]:
    return ["null", *(type_ if isinstance(type_, list) else [type_])]


def _name(topic: str, types: AvroTypes, field: str) -> str:
    return f"{topic}: {types.schema['name'].rpartition('.')[2]}.{field}"


def _mismatch(topic: str, field: str, given: AvroTypes, has: Any, expected: AvroTypes, wanted: Any) -> str:
    return f"{_name(topic, given, field)} is {given.describe(has)}, expected {expected.describe(wanted)}"
