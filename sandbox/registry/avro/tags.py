"""Tags in a schema's text: `confluent:tags` on records and fields, put on and taken off by data-contract requests."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sandbox.registry.avro.parser import named_types
from sandbox.registry.avro.types import AvroType, Field, Record

__all__ = ["TAGS", "UnknownEntity", "retag", "tagged"]

TAGS, ANY = "confluent:tags", "*"


class UnknownEntity(ValueError):
    """There is no such record or field; the message is its path."""


def retag(type_: AvroType, add: Mapping[str, Sequence[str]], remove: Mapping[str, Sequence[str]]) -> None:
    """Change the tags of a parsed schema in place. Keys are `full.name.Record` or `full.name.Record.field`.

    Raises UnknownEntity.
    """
    entities = _entities(type_)
    for path in (*add, *remove):
        if path not in entities:
            raise UnknownEntity(path)
        entity = entities[path]
        present = [tag for tag in entity.props.get(TAGS) or () if tag not in remove.get(path, ())]
        tags = list(dict.fromkeys((*present, *add.get(path, ()))))
        rest = {name: value for name, value in entity.props.items() if name != TAGS}
        entity.props = {**rest, TAGS: tags} if tags else rest


def tagged(type_: AvroType, wanted: Collection[str]) -> list[dict[str, Any]]:
    """The records and fields that carry one of the wanted tags (`*`: any), as data-contract requests name them."""
    found = []
    for path, entity in _entities(type_).items():
        tags = list(entity.props.get(TAGS) or ())
        if tags and (ANY in wanted or set(tags) & set(wanted)):
            kind = "sr_record" if isinstance(entity, Record) else "sr_field"
            found.append({"schemaEntity": {"entityPath": path, "entityType": kind}, "tags": tags})
    return found


def _entities(type_: AvroType) -> dict[str, Record | Field]:
    entities: dict[str, Record | Field] = {}
    for record in named_types(type_):
        if isinstance(record, Record):
            entities[record.full_name] = record
            entities.update({f"{record.full_name}.{field.name}": field for field in record.fields})
    return entities
