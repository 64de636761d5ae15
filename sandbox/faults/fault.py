"""What every fault is: its parameters, where it acts, and what it does there. One kind is one file."""

from __future__ import annotations

import inspect
import shlex
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from sandbox.faults.points import HTTP, HttpExchange, Moment

__all__ = ["Fault", "HttpFault"]

ACTUATOR = "/actuator"


def _as_written(name: str) -> str:
    """The name of a parameter as people write it: no unit suffix, dashes."""
    return name.replace("_", "-")


class Fault(BaseModel):
    """The parameters that all kinds have. They are fixed: to change a fault, remove it and add another."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=_as_written, validate_by_name=False, use_attribute_docstrings=True
    )
    kind: ClassVar[str]
    point: ClassVar[str]
    """The injection point that it acts on, one of `sandbox.faults.points`."""

    probability: float = Field(default=1.0, gt=0, le=1)
    """How likely it acts each time, above 0 and up to 1."""
    seed: int = Field(default=0, ge=0)
    """Makes chance the same in every run."""
    limit: int | None = Field(default=None, ge=1)
    """How often it acts before it rests; without end when left out."""

    def matches(self, point: Any) -> bool:
        """Whether this request or step is one of those meant."""
        return True

    def act(self, point: Any, moment: Moment) -> Any:
        """Do it; what is returned (or awaited) is what the point gets."""
        raise NotImplementedError

    @classmethod
    def parameters(cls) -> tuple[str, ...]:
        """The names of its parameters as people write them, its own first."""
        kinds = (each for each in cls.__mro__ if issubclass(each, Fault))
        names = [name for each in kinds for name in inspect.get_annotations(each) if name in cls.model_fields]
        return tuple(cls.model_fields[name].alias or name for name in names)

    def describe(self) -> str:
        """Kind and parameters in one line: `http-status --status 503 --limit 5`."""
        given = self.model_dump(by_alias=True, exclude_defaults=True)
        told = (f"--{name} {shlex.quote(str(given[name]))}" for name in self.parameters() if name in given)
        return " ".join([self.kind, *told])


class HttpFault(Fault):
    """A fault of requests. The actuator is left alone unless `path` aims at it."""

    point = HTTP

    path: str | None = Field(default=None, pattern="^/")
    """Only requests of this path, without the query; `*` stands for anything: `/api/v1/history/*`."""
    method: str | None = Field(default=None, pattern="^[A-Z]+$")
    """Only requests of this method, such as GET."""

    @property
    def covers_actuator(self) -> bool:
        return self.path is not None and self.path.startswith(ACTUATOR)

    def matches(self, point: HttpExchange) -> bool:
        if self.method is not None and point.method != self.method:
            return False
        return self.path is None or fnmatchcase(point.path, self.path.replace("[", "[[]"))
