"""What pydantic finds wrong with a file, in the words of the scenario language and at its place in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sandbox.errors import InvalidFile
from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.strict import UnknownKey
from sandbox.scenarios.source import Path, Source
from sandbox.scenarios.steps import STEPS

__all__ = ["kind_of", "problems_of", "step_lists", "wrong_verbs"]


def step_lists(value: Any, keys: tuple[str, ...], at: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """Every list of steps in what was read from YAML, with its place: those at `keys`, and those inside steps."""
    for key in keys:
        steps = value.get(key) if isinstance(value, Mapping) else None
        if not isinstance(steps, list):
            continue
        yield (*at, key), steps
        for place, step in enumerate(steps):
            verb = next(iter(step), None) if isinstance(step, Mapping) else None
            if verb in STEPS:
                yield from step_lists(step, STEPS[verb].step_keys, (*at, key, place))


def problems_of(error: ValidationError, source: Source, keys: tuple[str, ...]) -> list[InvalidFile]:
    """All that was found in a file whose lists of steps are at `keys`."""
    lists = {path for path, _ in step_lists(source.value, keys)}
    # Lists whose every entry is wrong are told as too short besides.
    told = [each for each in error.errors(include_url=False) if each["type"] != "too_short" or not each["input"]]
    return [_problem(each, source, lists) for each in told]


def wrong_verbs(source: Source, keys: tuple[str, ...]) -> list[InvalidFile]:
    """Entries of the lists of steps that do not begin with a kind of step."""
    wrong = []
    for path, steps in step_lists(source.value, keys):
        for place, step in enumerate(steps):
            where = source.at((*path, place))
            if not isinstance(step, Mapping) or not step:
                message = f"expected a step, which is a mapping, found {kind_of(step)}"
                wrong.append(InvalidFile(message, where=where, hint="for example `- publish: rim.fast-path`"))
            elif (first := next(iter(step))) not in STEPS:
                wrong.append(_unknown_step(first, list(step), where))
    return wrong


def _unknown_step(first: str, keys: list[str], where: str) -> InvalidFile:
    kinds = ", ".join(STEPS)
    later = [key for key in keys if key in STEPS]
    close = nearest(first, STEPS)
    if later:
        hint = f"a step begins with what it does: put `{later[0]}:` first"
    else:
        hint = f"did you mean {close!r}?" if close else "a step begins with what it does"
    return InvalidFile(f"unknown step {first!r}, expected one of {kinds}", where=where, hint=hint)


def _problem(error: ErrorDetails, source: Source, lists: set[Path]) -> InvalidFile:
    path = _path(error["loc"], source.value, lists)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, UnknownKey):
        return InvalidFile(cause.message, where=source.key_at(path, cause.key), hint=cause.hint)
    label = _label(path, lists)
    if isinstance(cause, BadValue):
        message = f"{label}: {cause.message}" if label else cause.message
        return InvalidFile(message, where=cause.where or source.at(path), hint=cause.hint)
    if error["type"] == "missing":
        what = "the file" if len(path) <= 1 else "the step"
        return InvalidFile(f"{what} needs `{path[-1] if path else '?'}:`", where=source.at(path[:-1]))
    return InvalidFile(f"{label}: expected {_expected(error)}, found {_found(error['input'])}", where=source.at(path))


def _path(location: tuple[int | str, ...], value: Any, lists: set[Path]) -> Path:
    """pydantic's location without what it adds: the kind after a step's place, and parts that the file has not."""
    path: list[int | str] = []
    parts = list(location)
    while parts:
        part = parts.pop(0)
        if isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            path.append(part)
            if tuple(path[:-1]) in lists and parts and parts[0] in STEPS:
                parts.pop(0)
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
            path.append(part)
        elif not parts and isinstance(value, Mapping) and isinstance(part, str) and part != "[key]":
            path.append(part)
        else:
            break
    return tuple(path)


def _label(path: Path, lists: set[Path]) -> str:
    """The key that an error is about, with the place in a list: `tags[1]`."""
    keys = [place for place, part in enumerate(path) if isinstance(part, str)]
    if not keys or path[:-1] in lists:
        return ""
    last = keys[-1]
    indexes = "".join(f"[{part}]" for part in path[last + 1 :])
    return f"{path[last]}{indexes}"


_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "string_too_short": "a text that is not empty",
    "too_short": "at least one entry",
}
_BOUNDS = {
    "greater_than": ("gt", "a number above {}"),
    "greater_than_equal": ("ge", "a number of at least {}"),
    "less_than": ("lt", "a number below {}"),
    "less_than_equal": ("le", "a number of at most {}"),
    "literal_error": ("expected", "{}"),
    "enum": ("expected", "{}"),
    "string_too_long": ("max_length", "a text of at most {} characters"),
}


def _expected(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind in _BOUNDS:
        name, form = _BOUNDS[kind]
        return form.format(error.get("ctx", {}).get(name))
    return _EXPECTED.get(kind, error["msg"])


def _found(value: Any) -> str:
    return kind_of(value) if isinstance(value, Mapping | list) else show(value)


def kind_of(value: Any) -> str:
    """What was found, for an error."""
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "nothing" if value is None else show(value)
