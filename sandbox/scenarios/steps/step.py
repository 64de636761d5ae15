"""What every kind of step is: its part of the file, the line it is told by, and what it does."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import get_annotations
from typing import Any, ClassVar

from pydantic import Field, PrivateAttr

from sandbox.errors import UsageError
from sandbox.events.facts import Fact
from sandbox.scenarios.attachments import Attachments
from sandbox.scenarios.model.predicate import Predicate
from sandbox.scenarios.model.selection import Selector
from sandbox.scenarios.model.strict import Strict
from sandbox.scenarios.moments import MomentField
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.template.tree import Template

__all__ = [
    "ENDPOINTS", "KAFKA", "PARTIES", "SCENARIO", "Part", "Step", "call_title", "conditions", "known_party", "party_of",
]  # fmt: skip

ENDPOINTS = ("capsule", "odyssey", "plato", "registry")
SERVICE_OF = {"registry": "schema-registry"}
"""Services whose endpoint has another name."""
SCENARIO, KAFKA = "scenario", "kafka"
PARTIES = (SCENARIO, KAFKA, "schema-registry", "capsule", "odyssey", "plato", "audit")
CONDITIONS_SHOWN = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A list of steps inside a step, at the key `path` of it. `names` are known in there only; `heading` tells it from
    the step's other lists. `surely` they run whenever the step does. Steps from another file know their places already
    (`placed`)."""

    path: str
    steps: tuple[Step, ...]
    names: frozenset[str] = frozenset()
    heading: str = ""
    surely: bool = True
    placed: bool = False


class Step(Strict):
    """One entry of `steps`. Its first key is the kind's `verb`."""

    apart = True
    verb: ClassVar[str]
    observes: ClassVar[bool] = False
    """Whether it only looks, so that it may stand in `steady`."""
    step_keys: ClassVar[tuple[str, ...]] = ()
    """Its keys that hold lists of steps."""
    file_keys: ClassVar[tuple[str, ...]] = ()
    """Its keys that name a file beside the scenario."""
    moment: MomentField | None = Field(default=None, alias="at")
    """When it begins, if not at once: `10s` after the start of the run, `outage + 10s` after the start of the step with
    that `as`."""
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
    def keys(cls) -> list[str]:
        """Those of its own kind first, since a step begins with its verb, then those it shares with ever more kinds."""
        fields = cls.model_fields
        names = (name for each in cls.__mro__ for name in get_annotations(each) if name in fields)
        return [fields[name].alias or name for name in dict.fromkeys(names)]

    @classmethod
    def describe_kind(cls) -> str:
        return f"the step `{cls.verb}`"

    @property
    def limit_s(self) -> float | None:
        """How long the step may look, None when it does not."""
        return getattr(self, "within_s", None)

    @property
    def own_names(self) -> frozenset[str]:
        """Names that only its own templates know."""
        return frozenset()

    @abstractmethod
    def title(self, names: dict[str, Any] | None = None) -> str:
        """The step as a line of the story; templates that the names can fill are filled."""

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        """For a diagram, who it is about: one of `PARTIES`, or two when something goes from one to the other."""
        return (SCENARIO,)

    def parts(self) -> tuple[Part, ...]:
        """The lists of steps in it."""
        return ()

    def walk(self) -> Iterator[Step]:
        """This step and every one in it, in the order of the file."""
        yield self
        for part in self.parts():
            for step in part.steps:
                yield from step.walk()

    def attach(self, files: Attachments) -> None:
        """Take what it needs of the files that were read with the scenario. Raises BadValue."""

    def topics(self) -> tuple[str, ...]:
        """The topics that it watches."""
        return ()

    def needs(self) -> Iterator[str]:
        """What the sandbox must have for it, as `World.lacks` knows it: the services that it calls, to begin with."""
        used = {name for template in self.templates() for name in template.names}
        yield from (SERVICE_OF.get(name, name) for name in ENDPOINTS if name in used)

    def refers(self) -> Iterator[str]:
        """Names of steps that it means nothing without: what it stops or heals, or begins after."""
        if self.moment is not None and self.moment.name is not None:
            yield self.moment.name

    def templates_after(self) -> Iterator[Template]:
        """Templates that are evaluated when the steps inside it are done, so that they know what those give."""
        yield from ()

    def concerns(self, fact: Fact) -> bool:
        """Whether a fact is worth showing when this step fails, though nothing may have gone wrong in it."""
        return False

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


def call_title(method: str, url: str, names: Mapping[str, Any]) -> str:
    """A call in a title: `PLATO GET /api/v1/plans`, where the URL belongs to one of the endpoints."""
    for service in ENDPOINTS:
        base = names.get(service)
        if base and url.startswith(f"{base}/"):
            return f"{service.upper()} {method} {url.removeprefix(base)}"
    return f"{method} {url}"


def party_of(url: str, names: Mapping[str, Any]) -> str:
    """The service that a URL leads to, the scenario itself for one of somebody else."""
    found = next((each for each in ENDPOINTS if names.get(each) and url.startswith(str(names[each]))), SCENARIO)
    return SERVICE_OF.get(found, found)


def known_party(name: str) -> str:
    """The party of this name, the scenario itself for any other."""
    return name if name in PARTIES else SCENARIO


def conditions(where: Mapping[Selector, Predicate], names: Mapping[str, Any] | None) -> str:
    """The first conditions in a title: `: $.sourceTopic rim.fast-path, $.service perception`."""
    told = []
    for selector, predicate in list(where.items())[:CONDITIONS_SHOWN]:
        told.append(f"{selector.text} {predicate.describe(names)}")
    return f": {', '.join(told)}" if told else ""
