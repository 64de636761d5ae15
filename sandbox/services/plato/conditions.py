"""Conditions as policies and plan steps write them: `riskScore >= 0.9 and actionType == 'EXECUTE_TRADE'`.

    condition  := all ('or' all)*
    all        := comparison ('and' comparison)*
    comparison := name [('==' | '!=' | '>=' | '<=' | '>' | '<') literal]      a name alone: is it true-ish
    name       := letters, digits, '_', and '.' for members of members
    literal    := number, 'text', true, false, null

A name that the facts do not have compares as null; an order comparison of different types does not hold.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sandbox.errors import UsageError

__all__ = ["Condition"]

LIMIT_CHARS = 500
_TOKEN = re.compile(
    r"""\s*(?:(?P<op>==|!=|>=|<=|>|<)|(?P<number>-?\d+(?:\.\d+)?)|'(?P<single>[^']*)'|"(?P<double>[^"]*)"|(?P<word>[A-Za-z_][\w.\-]*))"""
)
_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}
_WORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class _Comparison:
    name: str
    op: str | None = None
    literal: Any = None

    def holds(self, facts: Mapping[str, Any]) -> bool:
        actual = _lookup(facts, self.name)
        if self.op is None:
            return bool(actual)
        if self.op in ("==", "!="):
            return _OPERATORS[self.op](actual, self.literal)
        if not _ordered(actual, self.literal):
            return False
        return _OPERATORS[self.op](actual, self.literal)


@dataclass(frozen=True, slots=True)
class Condition:
    """A parsed condition: any of `alternatives` holds when all of its comparisons do."""

    text: str
    alternatives: tuple[tuple[_Comparison, ...], ...]

    @staticmethod
    @lru_cache(maxsize=256)
    def parse(text: str) -> Condition:
        """Read a condition. Raises UsageError that names the place where reading stopped."""
        if len(text) > LIMIT_CHARS:
            raise UsageError(f"a condition has at most {LIMIT_CHARS} characters", where=text[:40])
        return Condition(text, _Parser(text).alternatives())

    def holds(self, facts: Mapping[str, Any]) -> bool:
        return any(all(each.holds(facts) for each in every) for every in self.alternatives)


class _Parser:
    """Reads one condition from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._scan())
        self._next = 0

    def alternatives(self) -> tuple[tuple[_Comparison, ...], ...]:
        found = [self._all()]
        while self._accept("or"):
            found.append(self._all())
        if self._next < len(self._tokens):
            raise self._error("'and', 'or' or the end")
        return tuple(found)

    def _all(self) -> tuple[_Comparison, ...]:
        found = [self._comparison()]
        while self._accept("and"):
            found.append(self._comparison())
        return tuple(found)

    def _comparison(self) -> _Comparison:
        kind, name = self._take("a name")
        if kind != "word" or name in ("and", "or"):
            self._next -= 1
            raise self._error("a name")
        if self._next < len(self._tokens) and self._tokens[self._next][0] == "op":
            return _Comparison(name, self._take("an operator")[1], self._literal())
        return _Comparison(name)

    def _literal(self) -> Any:
        kind, value = self._take("a value")
        if kind == "word":
            if value not in _WORDS:
                self._next -= 1
                raise self._error("a number, 'text', true, false or null")
            return _WORDS[value]
        if kind == "op":
            self._next -= 1
            raise self._error("a value")
        return float(value) if kind == "number" else value

    def _scan(self) -> Any:
        at, text = 0, self._text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise UsageError(f"cannot read the condition from {text[at : at + 20]!r}", where=self._text)
            yield match.lastgroup, match[match.lastgroup or 0]
            at = match.end()

    def _accept(self, word: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == ("word", word):
            self._next += 1
            return True
        return False

    def _take(self, expected: str) -> tuple[str, str]:
        if self._next >= len(self._tokens):
            raise self._error(expected)
        self._next += 1
        return self._tokens[self._next - 1]

    def _error(self, expected: str) -> UsageError:
        found = repr(self._tokens[self._next][1]) if self._next < len(self._tokens) else "the end"
        return UsageError(
            f"expected {expected}, found {found}",
            where=self._text,
            hint="for example: stress >= 0.8 and status == 'ALERT'",
        )


def _lookup(facts: Mapping[str, Any], name: str) -> Any:
    """`a.b` is the member `a.b`, else member `b` of `a`."""
    if name in facts:
        return facts[name]
    head, _, rest = name.partition(".")
    inner = facts.get(head)
    return _lookup(inner, rest) if rest and isinstance(inner, Mapping) else None


def _ordered(one: Any, other: Any) -> bool:
    numbers = all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in (one, other))
    return numbers or (isinstance(one, str) and isinstance(other, str))
