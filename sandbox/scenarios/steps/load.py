from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from pydantic import Field, field_validator

from sandbox.scenarios.model.predicate import PredicateField
from sandbox.scenarios.model.selection import Expectation, LoadSelector
from sandbox.scenarios.model.strict import TemplatedMapping, TemplateField
from sandbox.scenarios.model.units import Duration
from sandbox.scenarios.ports import Answer
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.http import encode_body, merged_headers, method_and_url, url_of
from sandbox.scenarios.steps.paced import PacedStep
from sandbox.scenarios.steps.step import SCENARIO, call_title, party_of
from sandbox.scenarios.template.tree import Template, shown
from sandbox.scenarios.volley import Volley


class LoadStep(PacedStep):
    """Make an HTTP call many times at a pace, whether or not the ones before have been answered.

    With `as: readers` later steps know `readers.sent`, `answered`, `errors`, `dropped`, `rate`, `p50_ms`, `p95_ms`,
    `p99_ms`, `max_ms` and `statuses`. In the background what it expects is looked at when it ends.
    """

    verb = "load"
    request: str = Field(alias="load")
    """Method and URL: `GET {{ capsule }}/api/v1/capsules`; `{{ sequence }}` is the number of the call."""
    headers: TemplatedMapping | None = None
    """Headers besides the tracing ones, or in their place."""
    body: TemplateField = Field(default=None)  # type: ignore[assignment]
    """A text as it is; anything else as JSON."""
    expect: dict[LoadSelector, PredicateField] = Field(default_factory=dict)
    """`sent`, `errors`, `rate`, `p95_ms`…, or a JSONPath such as `$.statuses['429']` → predicate."""
    timeout_s: Duration = Field(default=10.0, alias="timeout")
    """How long an answer may take."""
    at_once: int = Field(default=100, alias="at-once", ge=1, le=1_000)
    """How many calls may be under way; one that is due beyond them is dropped."""

    @field_validator("request", mode="plain")
    @classmethod
    def _method_and_url(cls, value: Any) -> str:
        return method_and_url(value)

    @property
    def method(self) -> str:
        return self.request.split(None, 1)[0]

    @cached_property
    def url(self) -> Template:
        return url_of(self.request, self.at)

    @property
    def own_names(self) -> frozenset[str]:
        return frozenset({"sequence"})

    def templates(self) -> Iterator[Template]:
        yield from self.url.walk()
        yield from super().templates()

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, party_of(shown(self.url, names), names))

    def title(self, names: dict[str, Any] | None = None) -> str:
        count = "" if self.count is None else f" {self.count:,} times"
        return f"load {call_title(self.method, shown(self.url, names), names or {})}{count}{self.pace_title(names)}"

    async def run(self, turn: Turn) -> str:
        moments = self.moments(turn, None if self.background else 1)
        expectations = Expectation.bind(self.expect, turn.names)
        volley = Volley(
            turn.world.clock,
            self._caller(turn),
            moments,
            at_once=self.at_once,
            waits=not any(self._paces()),
            expectations=expectations,
        )
        if not await self.begin(turn, volley):
            return "goes on"
        turn.remember(self.name, volley.result())
        return volley.told

    def _caller(self, turn: Turn) -> Any:
        """What makes one call; all that is the same in each is evaluated now."""
        names = dict(turn.names)
        url = self.url.fold(names)
        given = None if self.headers is None else self.headers.fold(names)
        content = None if self.body is None else self.body.fold(names)

        async def call(number: int) -> Answer:
            now = {**names, "sequence": number}
            body, kind = encode_body(None if content is None else content.render(now))
            own = {**turn.stage.trace().headers(), "Accept": "application/json", **kind}
            headers = merged_headers(own, {} if given is None else given.render(now))
            address = str(url.render(now))
            return await turn.stage.calls.request(self.method, address, headers, body, self.timeout_s)

        return call
