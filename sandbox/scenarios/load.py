"""From the text of a scenario file to a checked `Scenario`. Every error says where, what was expected, what is near."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path as FilePath
from typing import Any, TypeVar

from pydantic import ValidationError

from sandbox.contracts.catalog import Contracts
from sandbox.errors import InvalidFile
from sandbox.scenarios.attachments import TOTAL_LIMIT_BYTES, Attachments, Document, read_text
from sandbox.scenarios.check import problems
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.fragment import Fragment
from sandbox.scenarios.model.scenario import STEP_LISTS, Scenario
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.source import Path, Source
from sandbox.scenarios.steps import STEPS
from sandbox.scenarios.steps.include import IncludeStep
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.wording import kind_of, problems_of, step_lists, wrong_verbs

__all__ = ["InvalidScenario", "load_scenario", "read_document", "read_scenario"]

FRAGMENT_LISTS = ("steps",)
DEPTH_LIMIT = 20
"""Files that include one another."""
Model = TypeVar("Model", bound=Strict)


class InvalidScenario(InvalidFile):
    """`problems` are all that was found, in the order of the file; message, hint and place are the first one's."""

    def __init__(self, problems: list[InvalidFile]) -> None:
        first = problems[0]
        super().__init__(first.message, hint=first.hint, where=first.where)
        self.problems = tuple(problems)

    def render(self) -> str:
        return "\n".join(each.render() for each in self.problems)


def load_scenario(path: FilePath, contracts: Contracts | None = None, *, shown_as: str | None = None) -> Scenario:
    """The scenario of a file, with the files that it names. Raises InvalidFile."""
    document = read_document(path, shown_as=shown_as)
    return read_scenario(document.text, document.file, contracts, files=document.files)


def read_document(path: FilePath, *, shown_as: str | None = None) -> Document:
    """A file and those that it names, included files' too; nothing else of it is looked at. Raises InvalidFile."""
    name = shown_as or str(path)
    text = read_text(path, name)
    files: dict[str, str] = {}
    source = None
    with suppress(InvalidFile):  # what is wrong with the file itself is told when it is read as a scenario
        source = Source.read(text, name)
    if source is not None:
        _collect(source, STEP_LISTS, Attachments(files), files, path.parent)
    if sum(map(len, files.values())) > TOTAL_LIMIT_BYTES:
        raise InvalidFile(f"the files that it names have more than {TOTAL_LIMIT_BYTES // 1024**2} MB", where=name)
    return Document(name, text, files)


def _collect(
    source: Source, keys: tuple[str, ...], attachments: Attachments, files: dict[str, str], root: FilePath
) -> None:
    """Read into `files` what the steps name. A name that is wrong is told when its step is read."""
    for _, steps in step_lists(source.value, keys):
        for step in steps:
            for verb, given in _named_files(step):
                name = ""
                with suppress(BadValue):
                    name = attachments.name(given)
                if not name or name in files or not (root / name).is_file():
                    continue
                shown_as = _beside(source.name, name, attachments.folder)
                files[name] = read_text(root / name, shown_as, root)
                if verb == IncludeStep.verb:
                    with suppress(InvalidFile):
                        inner = Source.read(files[name], shown_as)
                        _collect(inner, FRAGMENT_LISTS, attachments.beside(name), files, root)


def _named_files(step: Any) -> Iterator[tuple[str, str]]:
    """The kind of a step and each file that it names."""
    verb = next(iter(step), None) if isinstance(step, Mapping) else None
    for key in STEPS[verb].file_keys if verb in STEPS else ():
        if isinstance(step.get(key), str):
            yield verb, step[key]


def read_scenario(
    text: str, name: str, contracts: Contracts | None = None, *, files: Mapping[str, str] | None = None
) -> Scenario:
    """The scenario in `text`; `name` is what errors call the file, `files` are the texts that it names.

    With `contracts` topics and Avro values are checked against them too. Raises InvalidScenario.
    """
    reading = _Reading()
    source = Source.read(text, name)
    scenario = reading.model(Scenario, source, STEP_LISTS)
    if scenario is not None:
        for key, steps in scenario.lists.items():
            reading.settle(steps, source, (key,), Attachments(files or {}), (name,))
        if not reading.found:
            reading.found += problems(scenario, contracts)
    if reading.found or scenario is None:
        raise InvalidScenario(_in_order(reading.found))
    return scenario


class _Reading:
    """Reads a file and those that it includes; `found` is all that is wrong with them."""

    def __init__(self) -> None:
        self.found: list[InvalidFile] = []

    def model(self, kind: type[Model], source: Source, keys: tuple[str, ...]) -> Model | None:
        """What is in a file; None, with the problems in `found`, when it is not sound."""
        if not isinstance(source.value, Mapping):
            needed = "`scenario:` and `steps:`" if kind is Scenario else "`steps:`"
            message = f"expected a mapping with {needed}, found {kind_of(source.value)}"
            self.found.append(InvalidFile(message, where=source.at(())))
            return None
        if wrong := wrong_verbs(source, keys):
            self.found += wrong
            return None
        try:
            return kind.model_validate(source.value)
        except ValidationError as error:
            self.found += problems_of(error, source, keys)
            return None

    def settle(
        self, steps: tuple[Step, ...], source: Source, at: Path, files: Attachments, chain: tuple[str, ...]
    ) -> None:
        """Tell steps their places, and give them the files that they name."""
        for place, step in enumerate(steps):
            path = (*at, place)
            step.place(partial(_located, source, path))
            try:
                step.attach(files)
                if isinstance(step, IncludeStep):
                    self._include(step, files, chain)
            except BadValue as error:
                where = error.where or step.at_path(*error.path)
                self.found.append(InvalidFile(error.message, where=where, hint=error.hint))
            for part in step.parts():
                if not part.placed:
                    self.settle(part.steps, source, (*path, part.path), files, chain)

    def _include(self, step: IncludeStep, files: Attachments, chain: tuple[str, ...]) -> None:
        """Raises BadValue."""
        name = files.name(step.file)
        shown_as = _beside(chain[0], name)
        if shown_as in chain or len(chain) > DEPTH_LIMIT:
            raise BadValue(f"it includes itself: {' → '.join((*chain, shown_as))}", hint="include it in one place only")
        text = files.text(step.file)
        try:
            source = Source.read(text, shown_as)
        except InvalidFile as error:
            self.found.append(error)
            return
        fragment = self.model(Fragment, source, FRAGMENT_LISTS)
        if fragment is not None:
            self._check_given(step, fragment)
            step.take(fragment.steps, fragment.vars)
            self.settle(fragment.steps, source, ("steps",), files.beside(name), (*chain, shown_as))

    @staticmethod
    def _check_given(step: IncludeStep, fragment: Fragment) -> None:
        """Raises BadValue."""
        if missing := [name for name in fragment.parameters if name not in step.given]:
            raise BadValue(f"{step.file} needs {' and '.join(missing)}", hint=f"add `with: {{{missing[0]}: …}}`")
        known = (*fragment.parameters, *fragment.vars)
        for name in step.given:
            if name not in known:
                close = nearest(name, known)
                hint = f"did you mean {close!r}?" if close else f"it knows {', '.join(known) or 'none'}"
                raise BadValue(f"{step.file} has no parameter {name!r}", hint=hint, path=("with", name))


def _located(source: Source, base: Path, path: Path) -> str:
    return source.at((*base, *path))


def _beside(file: str, name: str, folder: str = "") -> str:
    """How errors call the file `name`, relative to the scenario's folder, beside `file`, which lies in `folder`."""
    up = FilePath(file).parent
    for _ in FilePath(folder).parts:
        up = up.parent
    return str(up / name)


def _in_order(found: list[InvalidFile]) -> list[InvalidFile]:
    """By file, the scenario first, and line; without repetitions."""
    unique = {(each.where, each.message): each for each in found}
    files = list(dict.fromkeys(_place(each.where)[0] for each in unique.values()))
    return sorted(unique.values(), key=lambda each: (files.index(_place(each.where)[0]), _place(each.where)[1]))


def _place(where: str | None) -> tuple[str, int]:
    file, _, number = (where or "").rpartition(":")
    return (file, int(number)) if number.isdigit() else (where or "", 0)
