"""The template language: Jinja2's expressions in its immutable sandbox, with everything taken out that is code.

What is left: names, members (`alert.request_id`, `list[0]`), arithmetic, comparisons, `if … else` inside an expression,
a few filters, and calls of the functions of `functions.py`. There are no blocks, no methods, no Python attributes. What
a template can compute is bounded: its length, its parts, the size of its numbers and of its result.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2 import nodes as syntax
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from sandbox.contracts.instants import format_instant
from sandbox.scenarios.model.bad_value import BadValue

__all__ = [
    "RENDER_ERRORS", "RESULT_LIMIT_CHARS", "TemplateEnvironment", "allowed_in_templates", "check_size",
    "template_environment",
]  # fmt: skip

SOURCE_LIMIT_CHARS = 16_384
PARTS_LIMIT = 200
RESULT_LIMIT_CHARS = 1_000_000
RESULT_LIMIT_ITEMS = 100_000
NUMBER_LIMIT_BITS = 1_024
POWER_LIMIT = 64

RENDER_ERRORS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError)
"""What evaluating an expression raises when its values do not fit it."""

_FILTERS = (
    "abs", "count", "d", "default", "first", "float", "int", "last", "length", "list", "lower", "max", "min", "sort",
    "string", "sum", "title", "trim", "unique", "upper", "urlencode",
)  # fmt: skip


def allowed_in_templates(function: Any) -> Any:
    """Mark a function or method that templates may call."""
    function.allowed_in_templates = True
    return function


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Compiles and evaluates; keeps no state between two templates."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.filters |= {"iso": _iso, "join": _join, "round": _round, "tojson": _to_json}

    def check(self, source: str) -> syntax.Template:
        """The parsed template. Raises BadValue when it is too long, not well-formed, or more than expressions."""
        if len(source) > SOURCE_LIMIT_CHARS:
            raise BadValue(f"the template has {len(source)} characters, at most {SOURCE_LIMIT_CHARS} are allowed")
        try:
            tree = self.parse(source)
        except TemplateError as error:
            raise BadValue(f"the template cannot be read: {error.message}: {_short(source)}") from None
        except RecursionError:
            raise BadValue("the template is nested too deeply") from None
        if any(not isinstance(each, syntax.Output) for each in tree.body):
            raise BadValue("a template holds expressions {{ … }} only, no {% … %} blocks")
        if sum(1 for _ in tree.find_all(syntax.Node)) > PARTS_LIMIT:
            raise BadValue(f"the template has more than {PARTS_LIMIT} parts")
        for used in tree.find_all(syntax.Filter):
            if used.name not in self.filters:
                raise BadValue(f"unknown filter {used.name!r}", hint=f"filters are {', '.join(sorted(self.filters))}")
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        if hasattr(type(obj), "members_in_templates"):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping | Sequence):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return getattr(obj, "allowed_in_templates", False) is True

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            _check_power(left, right)
        elif operator == "*":
            _check_product(left, right)
        elif isinstance(left, str):
            raise SecurityError("% formats no text here: join texts with ~")
        return super().call_binop(context, operator, left, right)


@cache
def template_environment() -> TemplateEnvironment:
    """The one environment; made when the first template is compiled."""
    return TemplateEnvironment()


def _check_power(base: Any, exponent: Any) -> None:
    if not isinstance(exponent, int | float) or abs(exponent) > POWER_LIMIT:
        raise SecurityError(f"exponents go up to {POWER_LIMIT}")
    if isinstance(base, int) and base.bit_length() * abs(exponent) > NUMBER_LIMIT_BITS:
        raise SecurityError("the number becomes too large")


def _check_product(left: Any, right: Any) -> None:
    for times, what in ((left, right), (right, left)):
        if isinstance(times, int) and isinstance(what, str | bytes | list | tuple):
            if times * len(what) > RESULT_LIMIT_CHARS or (not isinstance(what, str) and times > RESULT_LIMIT_ITEMS):
                raise SecurityError("the result becomes too large")
            return
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() + right.bit_length() > NUMBER_LIMIT_BITS:
        raise SecurityError("the number becomes too large")


def check_size(result: Any) -> None:
    """Raises ValueError when a rendered value is larger than the limits (shared parts count each time)."""
    if isinstance(result, str):
        if len(result) > RESULT_LIMIT_CHARS:
            raise ValueError(f"the result has more than {RESULT_LIMIT_CHARS} characters")
        return
    chars = items = 0
    stack = [result]
    while stack:
        value = stack.pop()
        items += 1
        if isinstance(value, str):
            chars += len(value)
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
        if items + len(stack) > RESULT_LIMIT_ITEMS or chars > RESULT_LIMIT_CHARS:
            raise ValueError("the result is too large")


def _iso(epoch_ms: Any) -> str:
    return format_instant(int(epoch_ms))


def _join(values: Any, separator: str = "") -> str:
    texts = [str(each) for each in values]
    if sum(map(len, texts)) + len(separator) * len(texts) > RESULT_LIMIT_CHARS:
        raise SecurityError("the result is too large")
    return separator.join(texts)


def _round(value: Any, digits: int = 0) -> float:
    return round(float(value), max(0, min(digits, 15)))


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _short(source: str) -> str:
    return source if len(source) <= 60 else f"{source[:59]}…"
