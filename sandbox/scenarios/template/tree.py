"""A value of a scenario file with its templates compiled: a tree of constants, expressions, texts, mappings and lists.

`fold` evaluates what stays the same during a step and leaves what differs from record to record, so that publishing a
thousand records evaluates only what has to be new in each. A string that is one whole expression keeps its type.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from jinja2 import Undefined, meta
from jinja2 import nodes as syntax

from sandbox.errors import UsageError
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.template.direct import plain
from sandbox.scenarios.template.environment import (
    RENDER_ERRORS,
    RESULT_LIMIT_CHARS,
    check_size,
    template_environment,
)
from sandbox.scenarios.template.functions import VOLATILE

__all__ = [
    "Constant", "Expression", "ListTemplate", "MappingTemplate", "Produced", "SourceText", "Template", "TemplateFailed",
    "TextTemplate", "compile_template", "settled", "shown",
]  # fmt: skip

Names = Mapping[str, Any]
PLAIN_LIMIT_CHARS = 10_000


class SourceText(str):
    """A string of a scenario file that knows its place, `file:line`."""

    __slots__ = ("where",)
    where: str

    def __new__(cls, text: str, where: str) -> SourceText:
        made = super().__new__(cls, text)
        made.where = where
        return made


class TemplateFailed(UsageError):
    """A template could not be evaluated with the names there are."""


class Template(ABC):
    """`names` are the names that it uses."""

    names: frozenset[str] = frozenset()

    @abstractmethod
    def render(self, names: Names) -> Any:
        """The value. Raises TemplateFailed."""

    def fold(self, names: Names) -> Template:
        """The same with all that is not `VOLATILE` evaluated. Raises TemplateFailed."""
        return self if self.names & VOLATILE else Constant(self.render(names))

    def walk(self) -> list[Template]:
        """This and every template in it."""
        return [self]


class Constant(Template):
    def __init__(self, value: Any) -> None:
        self.value = value

    def render(self, names: Names) -> Any:
        return self.value

    def fold(self, names: Names) -> Template:
        return self


class Produced(Template):
    """A value made by a function of the names."""

    names = VOLATILE

    def __init__(self, produce: Callable[[Names], Any]) -> None:
        self.render = produce  # type: ignore[method-assign]

    def render(self, names: Names) -> Any: ...


class _Source(Template):
    def __init__(self, source: str) -> None:
        self.source = str(source)
        self.where = getattr(source, "where", None)

    def _failed(self, error: Exception, names: Names) -> TemplateFailed:
        text = getattr(error, "message", None) or str(error)
        missing = [name for name in sorted(self.names) if name not in names]
        close = nearest(missing[0], names) if missing else None
        hint = f"did you mean {close!r}?" if close else None
        return TemplateFailed(f"{self.source}: {text}", where=self.where, hint=hint)


class Expression(_Source):
    """One whole `{{ … }}`; its value keeps its type."""

    def __init__(self, source: str, names: frozenset[str], node: syntax.Node) -> None:
        super().__init__(source)
        self.names = names
        self._plain = plain(node)
        inner = source[2:-2]
        inner = inner[1:] if inner[:1] in ("-", "+") else inner
        inner = inner[:-1] if inner[-1:] in ("-", "+") else inner
        compiled = template_environment().compile_expression(inner, undefined_to_none=False)
        self._template = compiled._template

    def render(self, names: Names) -> Any:
        if self._plain is not None:
            try:
                value = self._plain(names)
                if type(value) is float or type(value) is int:
                    return value
                if not isinstance(value, Undefined):
                    check_size(value)
                    return value
            except RENDER_ERRORS:
                pass  # Jinja tells what is wrong, or knows better
        template = self._template
        try:
            context = template.new_context(names, shared=True)
            for _ in template.root_render_func(context):
                pass
            value = context.vars["result"]
            if isinstance(value, Undefined):
                str(value)
            if not isinstance(value, float | int):
                check_size(value)
        except RENDER_ERRORS as error:
            raise self._failed(error, names) from None
        return value


class TextTemplate(_Source):
    """Text with expressions in it; its value is text."""

    def __init__(self, source: str, names: frozenset[str], parts: list[syntax.Node]) -> None:
        super().__init__(source)
        self.names = names
        found = [plain(part) for part in parts]
        self._plain = None if None in found else found
        self._template = template_environment().from_string(str(source))

    def render(self, names: Names) -> str:
        if self._plain is not None:
            try:
                texts = [str(part(names)) for part in self._plain]  # type: ignore[misc]
                if sum(map(len, texts)) <= PLAIN_LIMIT_CHARS:
                    return "".join(texts)
            except RENDER_ERRORS:
                pass
        template = self._template
        parts: list[str] = []
        chars = 0
        try:
            for part in template.root_render_func(template.new_context(names, shared=True)):
                chars += len(part)
                if chars > RESULT_LIMIT_CHARS:
                    raise ValueError(f"the result has more than {RESULT_LIMIT_CHARS} characters")
                parts.append(part)
        except RENDER_ERRORS as error:
            raise self._failed(error, names) from None
        return "".join(parts)


class MappingTemplate(Template):
    """Members by name; constant members are kept ready made."""

    def __init__(self, members: Mapping[str, Template]) -> None:
        self.members = dict(members)
        self.names = frozenset().union(*(each.names for each in members.values()))
        self._ready = {name: each.value if isinstance(each, Constant) else None for name, each in members.items()}
        self._rendered = [(name, each.render) for name, each in members.items() if not isinstance(each, Constant)]

    def render(self, names: Names) -> dict[str, Any]:
        made = self._ready.copy()
        for name, render in self._rendered:
            made[name] = render(names)
        return made

    def fold(self, names: Names) -> Template:
        return settled(MappingTemplate({name: each.fold(names) for name, each in self.members.items()}))

    def walk(self) -> list[Template]:
        return [self, *(inner for each in self.members.values() for inner in each.walk())]


class ListTemplate(Template):
    def __init__(self, items: list[Template]) -> None:
        self.items = items
        self.names = frozenset().union(*(each.names for each in items))

    def render(self, names: Names) -> list[Any]:
        return [each.render(names) for each in self.items]

    def fold(self, names: Names) -> Template:
        return settled(ListTemplate([each.fold(names) for each in self.items]))

    def walk(self) -> list[Template]:
        return [self, *(inner for each in self.items for inner in each.walk())]


def settled(template: MappingTemplate | ListTemplate) -> Template:
    """A constant, where all parts are."""
    parts = template.members.values() if isinstance(template, MappingTemplate) else template.items
    return Constant(template.render({})) if all(isinstance(each, Constant) for each in parts) else template


def compile_template(value: Any) -> Template:
    """The template of a value read from YAML: strings with `{{ … }}` anywhere in it are compiled. Raises BadValue."""
    if isinstance(value, Template):
        return value
    if isinstance(value, str):
        return _compile_text(value)
    if isinstance(value, Mapping):
        return settled(MappingTemplate({str(name): compile_template(each) for name, each in value.items()}))
    if isinstance(value, list | tuple):
        return settled(ListTemplate([compile_template(each) for each in value]))
    return Constant(value)


def _compile_text(source: str) -> Template:
    if "{{" not in source and "{%" not in source:
        return Constant(str(source))
    try:
        tree = template_environment().check(source)
    except BadValue as error:
        error.where = error.where or getattr(source, "where", None)
        raise
    names = frozenset(meta.find_undeclared_variables(tree))
    parts = [part for output in tree.body for part in output.nodes]  # type: ignore[attr-defined]
    whole = len(parts) == 1 and not isinstance(parts[0], syntax.TemplateData)
    if whole and source.startswith("{{") and source.endswith("}}"):
        return Expression(source, names, parts[0])
    return TextTemplate(source, names, parts)


def shown(template: Template | None, names: Mapping[str, Any] | None) -> str:
    """A template in a title: filled as far as the names allow, else as the file has it."""
    if template is None:
        return ""
    if names is not None:
        with suppress(TemplateFailed):
            template = template.fold(names)
    if isinstance(template, Constant):
        return str(template.value)
    return getattr(template, "source", "…")
