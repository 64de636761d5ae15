"""The JSON Schema of a scenario file, for editors. Descriptions are the docstrings under the fields, read on demand."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import Any

from sandbox.scenarios.model.scenario import Scenario
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.ordering import Order
from sandbox.scenarios.steps import STEPS
from sandbox.scenarios.steps.ledger import Account
from sandbox.scenarios.steps.limits import LimitsChanged
from sandbox.scenarios.steps.repeat import Repetition

__all__ = ["scenario_schema"]

PARTS = (Account, LimitsChanged, Order, Repetition)
"""Models inside steps."""


def scenario_schema() -> dict[str, Any]:
    """Every key of the header and of each step, with its description."""
    schema = Scenario.model_json_schema(by_alias=True)
    _describe(schema, Scenario)
    for kind in STEPS.values():
        _describe(schema["$defs"][kind.__name__], kind)
    for part in PARTS:
        _describe(schema["$defs"][part.__name__], part)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _describe(schema: dict[str, Any], model: type[Strict]) -> None:
    for name, text in _docstrings(model).items():
        if name not in model.model_fields:
            continue  # of the class, not of the file
        key = model.model_fields[name].alias or name
        schema["properties"][key]["description"] = text


def _docstrings(model: type[Strict]) -> dict[str, str]:
    """The text that stands under each field of a model, those of its base classes included."""
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, Strict) and each is not Strict:
            found |= _own_docstrings(each)
    return found


def _own_docstrings(model: type[Strict]) -> dict[str, str]:
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(model))).body
    found = {}
    body = definition.body  # type: ignore[attr-defined]
    for line, below in pairwise(body):
        if isinstance(line, ast.AnnAssign) and isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            assert isinstance(line.target, ast.Name)
            found[line.target.id] = inspect.cleandoc(str(below.value.value))
    return found
