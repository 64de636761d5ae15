"""Reads YAML so that every value knows its line: duplicates refused, no tags, no code, and no bombs.

Words are read as YAML 1.2 reads them: `on`, `yes` and dates are texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from sandbox.errors import InvalidFile
from sandbox.scenarios.template.tree import SourceText

__all__ = ["Path", "Source"]

SIZE_LIMIT_BYTES = 256 * 1024
DEPTH_LIMIT = 40
NODES_LIMIT = 20_000

Path = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

_TRUE_FALSE = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_PARSER):  # type: ignore[misc]
    """Composes nodes only; what plain words mean is decided by the resolvers below."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}


_RESOLVERS = (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)$", "-+.0123456789"),
)
for _kind, _pattern, _first in _RESOLVERS:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), list(_first))


@dataclass(slots=True)
class Source:
    """A file's content as plain values, and where each of them stands. Strings know their own place too."""

    name: str
    value: Any = None
    _lines: dict[Path, int] = field(default_factory=dict)
    _nodes: int = 0

    @classmethod
    def read(cls, text: str, name: str) -> Source:
        """Raises InvalidFile with `name:line`."""
        if len(text.encode("utf-8", errors="surrogatepass")) > SIZE_LIMIT_BYTES:
            raise InvalidFile(f"is larger than {SIZE_LIMIT_BYTES // 1024} KB", where=name)
        source = cls(name)
        try:
            source._check_depth(text)
            loader = _Loader(text)
            try:
                node = loader.get_single_node()
            finally:
                loader.dispose()
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = min(mark.line + 1, text.count("\n") + 1) if mark else 1
            raise source._invalid(f"is not YAML: {error.problem}", line, _yaml_hint(error)) from None
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            raise InvalidFile(f"is not YAML: {error}", where=name) from None
        if node is None:
            raise InvalidFile("is empty", where=f"{name}:1")
        source.value = source._build(node, (), 0)
        return source

    def at(self, path: Path) -> str:
        """`name:line` of the value at a path, or of the nearest one above it that there is."""
        while path and path not in self._lines:
            path = path[:-1]
        return f"{self.name}:{self._lines.get(path, 1)}"

    def key_at(self, path: Path, key: str) -> str:
        """`name:line` of a key of the mapping at a path."""
        line = self._lines.get((*path, key))
        return self.at(path) if line is None else f"{self.name}:{line}"

    def _check_depth(self, text: str) -> None:
        """Composing nodes is recursive in C, so the depth is looked at before, in the flat stream of events."""
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > DEPTH_LIMIT:
                    raise self._invalid(f"is nested more than {DEPTH_LIMIT} levels deep", event.start_mark.line + 1)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def _build(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._nodes += 1
        line = node.start_mark.line + 1
        self._lines.setdefault(path, line)
        if depth > DEPTH_LIMIT:
            raise self._invalid(f"is nested more than {DEPTH_LIMIT} levels deep", line)
        if self._nodes > NODES_LIMIT:
            raise self._invalid(f"has more than {NODES_LIMIT} values, aliases counted each time", line)
        if isinstance(node, yaml.MappingNode):
            self._check_tag(node, ("map",))
            return {key: self._build(each, (*path, key), depth + 1) for key, each in self._members(node, path)}
        if isinstance(node, yaml.SequenceNode):
            self._check_tag(node, ("seq",))
            return [self._build(each, (*path, place), depth + 1) for place, each in enumerate(node.value)]
        return self._scalar(node)

    def _members(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._invalid(
                    "a key must be a word", line, 'a template needs quotes: "{{ name }}" instead of {{ name }}'
                )
            key = key_node.value
            if key in seen:
                raise self._invalid(f"the key {key!r} is there twice, first on line {seen[key]}", line)
            seen[key] = line
            self._lines[(*path, key)] = line
            yield key, value_node

    def _check_tag(self, node: yaml.Node, allowed: tuple[str, ...]) -> None:
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind not in allowed:
            raise self._invalid(f"tags such as {node.tag} are not used here", node.start_mark.line + 1)

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        self._check_tag(node, ("str", "bool", "null", "int", "float"))
        kind, text, line = node.tag.rpartition(":")[2], node.value, node.start_mark.line + 1
        try:
            if kind == "int":
                return int(text)
            if kind == "float":
                return float(text)
        except ValueError as error:
            raise self._invalid(f"{text[:40]!r} is not a number: {error}", line) from None
        if kind == "bool":
            return _TRUE_FALSE.get(text, SourceText(text, f"{self.name}:{line}"))
        return None if kind == "null" else SourceText(text, f"{self.name}:{line}")

    def _invalid(self, message: str, line: int, hint: str | None = None) -> InvalidFile:
        return InvalidFile(message, where=f"{self.name}:{line}", hint=hint)


def _yaml_hint(error: yaml.MarkedYAMLError) -> str | None:
    problem = error.problem or ""
    if "mapping values are not allowed" in problem:
        return "a text that holds `: ` needs quotes"
    if "tab" in problem or "'\\t'" in problem:
        return "indent with spaces, not tabs"
    if "cannot start any token" in problem or "alias" in problem or "anchor" in problem:
        return "a text that begins with one of % @ ` & * needs quotes"
    if "',' or '}'" in problem:
        return 'inside { } a path with [ ] needs quotes: {"$.data[0].id": 1}'
    return None
