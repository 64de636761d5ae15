"""From the text of a scenario file to a checked `Scenario`. Every error says where, what was expected, what is near."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.scenarios.assertions.assertion import show
from sandbox.scenarios.check import problems
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.scenario import STEP_LISTS, Scenario
from sandbox.scenarios.model.strict import UnknownKey
from sandbox.scenarios.source import Path, Source
from sandbox.scenarios.steps import STEPS

__all__ = ["InvalidScenario", "load_scenario", "read_scenario"]


class InvalidScenario(InvalidFile):
    """`problems` are all that was found, in the order of the file; message, hint and place are the first one's."""

    def __init__(self, problems: list[InvalidFile]) -> None:
        first = problems[0]
        super().__init__(first.message, hint=first.hint, where=first.where)
        self.problems = tuple(problems)

    def render(self) -> str:
        return "\n".join(each.render() for each in self.problems)


def load_scenario(path: FilePath, contracts: Contracts | None = None, *, shown_as: str | None = None) -> Scenario:
    """The scenario of a file. Raises InvalidFile."""
    name = shown_as or str(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidFile(f"cannot be read: {error.strerror}", where=name) from None
    except UnicodeDecodeError:
        raise InvalidFile("is not UTF-8 text", where=name) from None
    return read_scenario(text, name, contracts)


def read_scenario(text: str, name: str, contracts: Contracts | None = None) -> Scenario:
    """The scenario in `text`; `name` is what errors call the file.

    With `contracts` topics and Avro values are checked against them too. Raises InvalidScenario.
    """
    source = Source.read(text, name)
    if not isinstance(source.value, Mapping):
        raise InvalidFile(
            f"expected a mapping with `scenario:` and `steps:`, found {_kind(source.value)}", where=f"{name}:1"
        )
    if wrong := _wrong_verbs(source):
        raise InvalidScenario(wrong)
    try:
        scenario = Scenario.model_validate(source.value)
    except ValidationError as error:
        # Lists whose every entry is wrong are told as too short besides.
        told = [each for each in error.errors(include_url=False) if each["type"] != "too_short" or not each["input"]]
        found = [_problem(each, source) for each in told]
        raise InvalidScenario(_in_order(found)) from None
    for key, steps in zip(STEP_LISTS, (scenario.steady, scenario.steps, scenario.finally_), strict=True):
        for place, step in enumerate(steps):
            step.place(partial(_located, source, (key, place)))
    if found := list(problems(scenario, contracts)):
        raise InvalidScenario(_in_order(found))
    return scenario


def _located(source: Source, base: Path, path: Path) -> str:
    return source.at((*base, *path))


def _wrong_verbs(source: Source) -> list[InvalidFile]:
    """Entries of the step lists that do not begin with a kind of step."""
    wrong = []
    for key in STEP_LISTS:
        steps = source.value.get(key)
        for place, step in enumerate(steps if isinstance(steps, list) else ()):
            where = source.at((key, place))
            if not isinstance(step, Mapping) or not step:
                message = f"expected a step, which is a mapping, found {_kind(step)}"
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


def _problem(error: ErrorDetails, source: Source) -> InvalidFile:
    path = _path(error["loc"], source.value)
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, UnknownKey):
        return InvalidFile(cause.message, where=source.key_at(path, cause.key), hint=cause.hint)
    label = _label(path)
    if isinstance(cause, BadValue):
        message = f"{label}: {cause.message}" if label else cause.message
        return InvalidFile(message, where=cause.where or source.at(path), hint=cause.hint)
    if error["type"] == "missing":
        what = "the scenario" if len(path) <= 1 else "the step"
        return InvalidFile(f"{what} needs `{path[-1] if path else '?'}:`", where=source.at(path[:-1]))
    return InvalidFile(f"{label}: expected {_expected(error)}, found {_found(error['input'])}", where=source.at(path))


def _path(location: tuple[int | str, ...], value: Any) -> Path:
    """pydantic's location without what it adds: the kind after a step's place, and parts that the file has not."""
    path: list[int | str] = []
    parts = list(location)
    while parts:
        part = parts.pop(0)
        if isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
            path.append(part)
            if len(path) == 2 and path[0] in STEP_LISTS and parts and parts[0] in STEPS:
                parts.pop(0)
        elif isinstance(value, Mapping) and part in value:
            value = value[part]
            path.append(part)
        elif not parts and isinstance(value, Mapping) and isinstance(part, str) and part != "[key]":
            path.append(part)
        else:
            break
    return tuple(path)


def _label(path: Path) -> str:
    """The key that an error is about, with the place in a list: `tags[1]`."""
    keys = [place for place, part in enumerate(path) if isinstance(part, str)]
    if not keys or (len(path) == 2 and path[0] in STEP_LISTS):
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
    return _kind(value) if isinstance(value, Mapping | list) else show(value)


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    return "nothing" if value is None else show(value)


def _in_order(found: list[InvalidFile]) -> list[InvalidFile]:
    """By line, without repetitions."""
    unique = {(each.where, each.message): each for each in found}
    return sorted(unique.values(), key=lambda each: _line(each.where))


def _line(where: str | None) -> int:
    number = (where or "").rpartition(":")[2]
    return int(number) if number.isdigit() else 0
