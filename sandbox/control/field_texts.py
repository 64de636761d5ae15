"""The texts under the fields of models, for the OpenAPI document.

pydantic can collect them itself, but only while the classes are made: that costs every start of the engine what this
costs the one who asks for the document.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Any

__all__ = ["describe", "field_texts"]


@cache
def field_texts(module: ModuleType) -> dict[str, dict[str, str]]:
    """Class → field → the text that stands under it in the source of `module`."""
    tree = ast.parse(inspect.getsource(module))
    return {each.name: _texts_of(each) for each in tree.body if isinstance(each, ast.ClassDef)}


def describe(schema: dict[str, Any], texts: dict[str, str]) -> None:
    """Put the texts beside the members of a JSON schema, and take the titles out, which only repeat names."""
    schema.pop("title", None)
    for name, member in schema.get("properties", {}).items():
        member.pop("title", None)
        if name in texts:
            member["description"] = texts[name]


def _texts_of(definition: ast.ClassDef) -> dict[str, str]:
    found = {}
    for field, text in pairwise(definition.body):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
            and isinstance(text.value.value, str)
        ):
            found[field.target.id] = inspect.cleandoc(text.value.value)
    return found
