"""What the `jsonschema` library is asked: whether a document is a JSON Schema, and whether a schema takes a value.

Imported only when the first JSON subject is used.
"""

from __future__ import annotations

import re
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import validator_for
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT7

from sandbox.registry.formats import InvalidSchema
from sandbox.registry.json_schema.document import Document, Node

__all__ = ["check_form", "takes"]


def check_form(document: Document) -> None:
    """Raises InvalidSchema, with the place, for what is no JSON Schema of its draft."""
    if not isinstance(document.root, dict | bool):
        raise InvalidSchema("a JSON Schema is an object or a boolean")
    try:
        validator_for(document.root, default=Draft7Validator).check_schema(document.root)
    except SchemaError as error:
        raise InvalidSchema(f"at {_place(error)}: {error.message}", where=_place(error)) from None


def _place(error: ValidationError) -> str:
    return "#" + "".join(f"/{part}" for part in error.absolute_path)


def takes(node: Node, value: Any) -> bool:
    """Whether the schema takes the value; False too when that cannot be found out."""
    root = node.document.root
    others = [
        (name, Resource.from_contents(other, default_specification=DRAFT7))
        for name, other in node.document.others.items()
    ]
    cls = validator_for(root, default=Draft7Validator)
    try:
        return cls(root, registry=Registry().with_resources(others)).evolve(schema=node.schema).is_valid(value)
    except (Unresolvable, re.error):
        return False
