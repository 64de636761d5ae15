"""What a predicate or a capture looks at: a JSONPath (RFC 9535), a header, or a part such as `status` or `key`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from sandbox.scenarios.assertions.assertion import MISSING, show
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.predicate import Check, Predicate

__all__ = [
    "LOAD_PARTS", "AnswerSelector", "Expectation", "GroupSelector", "LoadSelector", "LogSelector", "MessageSelector",
    "Mismatch", "Observed", "RecordSelector", "Selector", "check_path", "message_selector",
]  # fmt: skip

HEADER = "header."
PATH_LIMIT_CHARS = 500


@dataclass(frozen=True, slots=True)
class Observed:
    """Something a step looked at: a response, a record or a message.

    `document` is its decoded content, MISSING when it has none. `headers` are matched in any case when `any_case`.
    """

    document: Any = MISSING
    headers: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Selector:
    """`text` is what the file says."""

    text: str

    def pick(self, observed: Observed) -> Any:
        """The value, MISSING where there is none. A path that can match several places gives a list."""
        if self.text.startswith("$"):
            return _follow(self.text, observed.document)
        if self.text.startswith(HEADER):
            return _header(self.text.removeprefix(HEADER), observed)
        return observed.parts.get(self.text, MISSING)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that does not hold."""

    selector: str
    expected: str
    actual: Any

    def describe(self) -> str:
        return f"{self.selector} is {show(self.actual)}"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A selector and what must hold of its value."""

    selector: Selector
    check: Check

    @classmethod
    def bind(cls, where: Mapping[Selector, Predicate], names: Mapping[str, Any]) -> tuple[Expectation, ...]:
        """Raises TemplateFailed or BadValue."""
        return tuple(cls(selector, predicate.bind(names)) for selector, predicate in where.items())

    def mismatch(self, observed: Observed) -> Mismatch | None:
        actual = self.selector.pick(observed)
        if self.check.holds(actual):
            return None
        return Mismatch(self.selector.text, self.check.describe(), actual)

    def describe(self) -> str:
        return f"{self.selector.text} {self.check.describe()}"


def _header(name: str, observed: Observed) -> Any:
    if not observed.any_case:
        return observed.headers.get(name, MISSING)
    return next((value for each, value in observed.headers.items() if each.lower() == name.lower()), MISSING)


def _follow(path: str, document: Any) -> Any:
    if not isinstance(document, Mapping | list):
        return document if path == "$" else MISSING
    query = _compiled(path)
    found = query.findall(document)
    if query.singular_query():
        return found[0] if found else MISSING
    return found


@lru_cache(maxsize=2_048)
def _compiled(path: str) -> Any:
    import jsonpath

    return jsonpath.compile(path, strict=True)


def _parse(text: Any, parts: tuple[str, ...], headers: bool) -> Selector:
    if isinstance(text, Selector):
        return text
    if text.startswith("$"):
        check_path(text)
    elif not (headers and text.startswith(HEADER) and len(text) > len(HEADER)) and text not in parts:
        known = [*parts, *(["header.NAME"] if headers else []), "a JSONPath such as $.data"]
        close = nearest(text, parts)
        hint = f"did you mean {close!r}?" if close else f"a member of the document is written $.{text}"
        raise BadValue(f"expected {_either(known)}, found {text!r}", hint=hint)
    return Selector(str(text))


def check_path(path: str) -> None:
    """Raises BadValue when it is not a JSONPath."""
    import jsonpath

    if len(path) > PATH_LIMIT_CHARS:
        raise BadValue(f"the JSONPath has more than {PATH_LIMIT_CHARS} characters")
    try:
        _compiled(path)
    except jsonpath.JSONPathError as error:
        reason = str(error).splitlines()[0]
        raise BadValue(f"{path!r} is not a JSONPath (RFC 9535): {reason}") from None


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _selector(*parts: str, headers: bool = False) -> Any:
    named = [rf"^({'|'.join(parts)})$"] if parts else []
    pattern = "|".join([r"^\$", *named, *([r"^header\..+"] if headers else [])])
    return Annotated[
        Selector,
        PlainValidator(lambda text: _parse(text, parts, headers)),
        WithJsonSchema({"type": "string", "pattern": pattern}),
    ]


RecordSelector = _selector("key", "topic", "partition", "offset", "timestamp", headers=True)
"""What can be expected and captured of a record."""
AnswerSelector = _selector("status", "body", headers=True)
"""What can be expected and captured of an HTTP response."""
LOAD_PARTS = ("sent", "answered", "errors", "dropped", "rate", "p50_ms", "p95_ms", "p99_ms", "max_ms")
LoadSelector = _selector(*LOAD_PARTS)
"""What can be expected of a load of calls; `$.statuses['429']` is how many were answered so."""
GroupSelector = _selector("state", "members", "lag")
"""What can be asked of a consumer group."""
LogSelector = _selector("level", "message", "component", "logger")
"""What can be expected and captured of a log line."""
_MESSAGE_PARTS = ("text", "closed")
MessageSelector = _selector(*_MESSAGE_PARTS)
"""What can be expected and captured of a WebSocket message; `closed` is the code of the close."""


def message_selector(text: Any) -> Selector:
    """Raises BadValue."""
    return _parse(text, _MESSAGE_PARTS, headers=False)
