"""Tags in a schema's text: `confluent:tags` on records and fields, put on and taken off by data-contract requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.registry.avro.parser import named_types
from sandbox.registry.avro.types import AvroType, Field, Record

__all__ = ["TAGS", "UnknownEntity", "retag"]

TAGS = "confluent:tags"


class UnknownEntity(ValueError):
    """There is no such record or field; the message is its path."""


def retag(type_: AvroType, add: Mapping[str, Sequence[str]], remove: Mapping[str, Sequence[str]]) -> None:
    """Change the tags of a parsed schema in place. Keys are `full.name.Record` or `full.name.Record.field`.

    Raises UnknownEntity.
    """
    entities: dict[str, Record | Field] = {}
    for record in named_types(type_):
        if isinstance(record, Record):
            entities[record.full_name] = record
            entities.update({f"{record.full_name}.{field.name}": field for field in record.fields})
    for path in (*add, *remove):
        if path not in entities:
            raise UnknownEntity(path)
        entity = entities[path]
        present = [tag for tag in entity.props.get(TAGS) or () if tag not in remove.get(path, ())]
        tags = list(dict.fromkeys((*present, *add.get(path, ()))))
        rest = {name: value for name, value in entity.props.items() if name != TAGS}
        entity.props = {**rest, TAGS: tags} if tags else rest
