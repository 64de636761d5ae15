"""What every kind of step is: its part of the file, the line it is told by, and what it does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, ClassVar

from pydantic import PrivateAttr

from sandbox.errors import UsageError
from sandbox.scenarios.model.predicate import Predicate
from sandbox.scenarios.model.selection import Selector
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.template.tree import Constant, Template, TemplateFailed

__all__ = ["ENDPOINTS", "Step", "call_title", "conditions", "shown"]

ENDPOINTS = ("capsule", "odyssey", "plato", "registry")
CONDITIONS_SHOWN = 2


class Step(Strict):
    """One entry of `steps`. Its first key is the kind's `verb`."""

    verb: ClassVar[str]
    observes: ClassVar[bool] = False
    """Whether it only looks, so that it may stand in `steady`."""
    _locate: Callable[[tuple[str | int, ...]], str] | None = PrivateAttr(default=None)

    @property
    def at(self) -> str:
        """`file:line` of the step."""
        return self.at_path()

    def at_path(self, *path: str | int) -> str:
        """`file:line` of one of its values: `at_path("value", "stress")`."""
        return self._locate(path) if self._locate else ""

    def place(self, locate: Callable[[tuple[str | int, ...]], str]) -> None:
        """Tell it where its values stand."""
        self._locate = locate

    @classmethod
    def describe_kind(cls) -> str:
        return f"the step `{cls.verb}`"

    @property
    def limit_s(self) -> float | None:
        """How long the step may look, None when it does not."""
        return getattr(self, "within_s", None)

    @abstractmethod
    def title(self, names: dict[str, Any] | None = None) -> str:
        """The step as a line of the story; templates that the names can fill are filled."""

    def topics(self) -> tuple[str, ...]:
        """The topics that it watches."""
        return ()

    def gives(self) -> Iterator[str]:
        """The names that later steps can use."""
        yield from ()

    @contextmanager
    def placed(self) -> Iterator[None]:
        """What the world refuses in here is a mistake of this step, at its place in the file."""
        try:
            yield
        except UsageError as error:
            error.where = self.at
            raise

    @abstractmethod
    async def run(self, turn: Turn) -> str | None:
        """Do it; returns one line about what came of it. Raises SandboxError: the step failed."""


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


def call_title(method: str, url: str, names: Mapping[str, Any]) -> str:
    """A call in a title: `PLATO GET /api/v1/plans`, where the URL belongs to one of the endpoints."""
    for service in ENDPOINTS:
        base = names.get(service)
        if base and url.startswith(f"{base}/"):
            return f"{service.upper()} {method} {url.removeprefix(base)}"
    return f"{method} {url}"


def conditions(where: Mapping[Selector, Predicate], names: Mapping[str, Any] | None) -> str:
    """The first conditions in a title: `: $.sourceTopic rim.fast-path, $.service perception`."""
    told = []
    for selector, predicate in list(where.items())[:CONDITIONS_SHOWN]:
        words = [
            f"{shown(operand, names)}" if word == "equals" else f"{word} {shown(operand, names)}"
            for word, operand in predicate.words.items()
        ]
        told.append(f"{selector.text} {' and '.join(words)}")
    return f": {', '.join(told)}" if told else ""
