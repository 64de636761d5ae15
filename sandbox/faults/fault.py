"""What every fault is: its parameters, where it acts, and what it does there. One kind is one file."""

from __future__ import annotations

import inspect
import shlex
from fnmatch import fnmatchcase
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.contracts.duration import Duration
from sandbox.faults.points import HTTP, SERVICES, HttpExchange, Moment
from sandbox.faults.timetable import Timetable

__all__ = ["Fault", "HttpFault", "is_like"]

ACTUATOR = "/actuator"


def _as_written(name: str) -> str:
    """The name of a parameter as people write it: no unit suffix, dashes."""
    return name.removesuffix("_s").replace("_", "-")


class Fault(BaseModel):
    """The parameters that all kinds have. They are fixed: to change a fault, remove it and add another."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=_as_written,
        validate_by_name=False,
        use_attribute_docstrings=True,
        defer_build=True,
    )
    kind: ClassVar[str]
    point: ClassVar[str]
    """The injection point that it acts on, one of `sandbox.faults.points`."""
    needs: ClassVar[str] = "service"
    """What a runtime must be able to disturb for it: a service, the broker, the process of a service."""

    probability: float = Field(default=1.0, gt=0, le=1)
    """How likely it acts each time, above 0 and up to 1."""
    seed: int = Field(default=0, ge=0)
    """Makes chance the same in every run."""
    first: int | None = Field(default=None, ge=1)
    """Only the first so many of those meant."""
    nth: int | None = Field(default=None, ge=1)
    """Only this one of those meant: 3 is the third."""
    every: int | None = Field(default=None, ge=1)
    """Only each so-many-eth of those meant: 3 is the third, the sixth and so on."""
    begins_in_s: Duration | None = None
    """How long it waits before it begins, such as 5s."""
    duration_s: Duration | None = Field(default=None, gt=0)
    """How long it lasts from when it begins, such as 30s; it is then removed by itself."""
    on_for_s: Duration | None = Field(default=None, gt=0)
    """It comes and goes: how long it acts each time, such as 2s; with off-for."""
    off_for_s: Duration | None = Field(default=None, gt=0)
    """It comes and goes: how long it rests in between; with on-for."""

    @model_validator(mode="after")
    def _fit_together(self) -> Fault:
        if self.nth is not None and (self.first is not None or self.every is not None):
            raise ValueError("nth means one of them: it goes without first and every")
        if (self.on_for_s is None) != (self.off_for_s is None):
            raise ValueError("on-for and off-for go together: one says how long it acts, the other how long it rests")
        return self

    @classmethod
    def acts_on(cls) -> tuple[str, ...]:
        """The services that have its point."""
        return SERVICES[cls.point]

    @property
    def timetable(self) -> Timetable:
        return Timetable(self.begins_in_s or 0.0, self.duration_s, self.on_for_s, self.off_for_s or 0.0)

    def counts(self, number: int) -> bool:
        """Whether it acts on the `number`-th of those meant, counted from 1."""
        if self.nth is not None:
            return number == self.nth
        return (self.first is None or number <= self.first) and (self.every is None or number % self.every == 0)

    def is_spent(self, seen: int) -> bool:
        """Whether it acts on none any more, after so many of those meant."""
        last = self.nth if self.nth is not None else self.first
        return last is not None and seen >= last

    def matches(self, point: Any) -> bool:
        """Whether this request or step is one of those meant."""
        return True

    def act(self, point: Any, moment: Moment) -> Any:
        """Do it; what is returned (or awaited) is what the point gets."""
        raise NotImplementedError

    @classmethod
    def parameters(cls) -> tuple[str, ...]:
        """The names of its parameters as people write them, its own first."""
        return tuple(name for each in cls.__mro__ if issubclass(each, Fault) for name in cls._declared_by(each))

    @classmethod
    def own_parameters(cls) -> tuple[str, ...]:
        """Those that only this kind has."""
        return tuple(cls._declared_by(cls))

    @classmethod
    def _declared_by(cls, kind: type[Fault]) -> list[str]:
        names = (name for name in inspect.get_annotations(kind) if name in cls.model_fields)
        return [cls.model_fields[name].alias or name for name in names]

    def describe(self) -> str:
        """Kind and parameters in one line: `http-status --status 503 --first 5`."""
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
    client: str | None = Field(default=None, min_length=1)
    """Only requests of this client: `token:SUBJECT`, `key:…`, `tenant:T`, `address:A` or `service`; `*` is anything."""
    header: str | None = Field(default=None, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+\s*:")
    """Only requests with this header: `X-Tenant-ID: acme`; `*` in its value stands for anything."""

    @property
    def covers_actuator(self) -> bool:
        return self.path is not None and self.path.startswith(ACTUATOR)

    def matches(self, point: HttpExchange) -> bool:
        if self.method is not None and point.method != self.method:
            return False
        if self.path is not None and not is_like(point.path, self.path):
            return False
        if self.header is not None:
            name, _, wanted = self.header.partition(":")
            value = point.header(name.strip())
            if value is None or not is_like(value.strip(), wanted.strip()):
                return False
        return self.client is None or any(is_like(each, self.client) for each in point.clients)


def is_like(text: str, pattern: str) -> bool:
    """Whether they are equal, with `*` in the pattern for anything."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))
