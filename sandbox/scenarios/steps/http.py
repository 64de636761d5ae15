from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pydantic import Field, field_validator

from sandbox.contracts.tracing import REQUEST_ID
from sandbox.errors import UpstreamUnavailable, UsageError
from sandbox.scenarios.assertions.assertion import MISSING
from sandbox.scenarios.capturing import capture
from sandbox.scenarios.looking import Backoff, Verdict, look
from sandbox.scenarios.model.bad_value import BadValue, nearest
from sandbox.scenarios.model.predicate import Predicate, PredicateField
from sandbox.scenarios.model.selection import AnswerSelector, Expectation, Observed, Selector
from sandbox.scenarios.model.strict import Name, TemplatedMapping, TemplateField
from sandbox.scenarios.model.units import Duration, format_age, format_duration
from sandbox.scenarios.ports import Answer
from sandbox.scenarios.result import ExpectationFailed, Failure
from sandbox.scenarios.stage import Turn
from sandbox.scenarios.steps.step import SCENARIO, Step, call_title, party_of
from sandbox.scenarios.template.tree import SourceText, Template, compile_template, shown

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
SENT_ONCE = ("POST", "PATCH")
CALL_LIMIT_S = 30.0
STATUS = Selector("status")
SHOWN_BODY_CHARS = 300
_REQUEST = re.compile(r"([A-Za-z]+)\s+(\S.*)\Z", re.DOTALL)


@dataclass(slots=True)
class _Looking:
    """The calls of one step."""

    expectations: tuple[Expectation, ...]
    fatal: tuple[Expectation, ...] = ()
    attempts: int = 0
    line: str = ""
    at_ms: int = 0
    observed: Observed | None = None
    mismatches: list[Any] = field(default_factory=list)
    trouble: UpstreamUnavailable | None = None

    @property
    def is_fatal(self) -> bool:
        sight = self.observed
        return bool(self.fatal) and sight is not None and all(each.mismatch(sight) is None for each in self.fatal)


class HttpStep(Step):
    """An HTTP call and what its response must be. `within` repeats it until that holds, except POST and PATCH."""

    verb = "http"
    observes = True
    request: str = Field(alias="http")
    """Method and URL: `GET {{ capsule }}/api/v1/capsules`."""
    headers: TemplatedMapping | None = None
    """Headers besides the tracing ones, or in their place."""
    body: TemplateField = Field(default=None)  # type: ignore[assignment]
    """A text as it is; anything else as JSON."""
    expect: dict[AnswerSelector, PredicateField] = Field(default_factory=dict)
    """`status`, a JSONPath, `header.NAME` or `body` → predicate. Left out, `status` is to be 200 to 299."""
    within_s: Duration = Field(default=0.0, alias="within")
    """Look until it holds, or fail at this limit; called once when left out."""
    fail_when: dict[AnswerSelector, PredicateField] = Field(default_factory=dict, alias="fail-when")
    """Fail at once when a response fulfils all of this, so that it is not called again."""
    capture: dict[Name, AnswerSelector] = Field(default_factory=dict)
    """Names for parts of the response."""
    name: Name | None = Field(default=None, alias="as")
    """The name by which later steps know `request_id`, `status`, `body` and `headers`."""

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

    def templates(self) -> Iterator[Template]:
        yield from self.url.walk()
        yield from super().templates()

    def involves(self, names: Mapping[str, Any]) -> tuple[str, ...]:
        return (SCENARIO, party_of(shown(self.url, names), names))

    def title(self, names: dict[str, Any] | None = None) -> str:
        return call_title(self.method, shown(self.url, names), names or {})

    def gives(self) -> Iterator[str]:
        yield from self.capture
        if self.name is not None:
            yield self.name

    async def run(self, turn: Turn) -> str:
        asked = dict(self.expect)
        asked.setdefault(STATUS, Predicate.parse({"between": [200, 299]}))
        looking = _Looking(Expectation.bind(asked, turn.names), Expectation.bind(self.fail_when, turn.names))
        url = str(self.url.render(turn.names))
        repeat = self.within_s if self.method not in SENT_ONCE else 0.0

        async def attempt() -> Verdict:
            await self._call(turn, url, looking)
            if looking.is_fatal:
                return Verdict.HOPELESS
            ok = looking.observed is not None and not looking.mismatches
            return Verdict.HOLDS if ok else Verdict.NOT_YET

        clock = turn.world.clock
        verdict = await look(attempt, Backoff(clock), limit_s=repeat, clock=clock)
        if verdict is not Verdict.HOLDS:
            raise self._failed(looking, turn)
        assert looking.observed is not None
        capture(turn, self.capture, looking.observed)
        turn.remember(self.name, _handle(looking.observed))
        return looking.line

    async def _call(self, turn: Turn, url: str, looking: _Looking) -> None:
        trace = turn.stage.trace()
        given = {} if self.headers is None else self.headers.render(turn.names)
        content = None if self.body is None else self.body.render(turn.names)
        body, kind = encode_body(content)
        headers = merged_headers({**trace.headers(), "Accept": "application/json", **kind}, given)
        looking.attempts += 1
        limit_s = self.within_s if self.method in SENT_ONCE and self.within_s else CALL_LIMIT_S
        try:
            answer = await turn.stage.calls.request(self.method, url, headers, body, limit_s)
        except UpstreamUnavailable as error:
            looking.trouble, looking.observed = error, None
            looking.line = error.message
            return
        looking.trouble, looking.at_ms = None, turn.world.clock.now_ms()
        looking.observed = _observe(answer, headers)
        looking.mismatches = [found for each in looking.expectations if (found := each.mismatch(looking.observed))]
        request_id = looking.observed.parts["request_id"]
        looking.line = f"{answer.status} ({answer.took_ms:.0f} ms) · {request_id}"

    def _failed(self, looking: _Looking, turn: Turn) -> Exception:
        calls = f"{looking.attempts} call{'' if looking.attempts == 1 else 's'}"
        if looking.trouble is not None and looking.attempts == 1:
            return looking.trouble
        expected = ", ".join(each.describe() for each in looking.expectations)
        if looking.observed is None:
            actual = f"no answer in {format_duration(round(turn.took_s, 1))}, {calls}"
            return ExpectationFailed(Failure(expected, actual, (("last", looking.line),) if looking.line else ()))
        body = looking.observed.parts["body"]
        shown_body = body if len(body) <= SHOWN_BODY_CHARS else f"{body[:SHOWN_BODY_CHARS]}…"
        wrong = ", ".join(found.describe() for found in looking.mismatches)
        if looking.is_fatal:
            expected = f"{expected}, and never {', '.join(each.describe() for each in looking.fatal)}"
            wrong = wrong or f"status is {looking.observed.parts['status']}"
        after = f" after {calls} in {format_duration(round(turn.took_s, 1))}" if looking.attempts > 1 else ""
        last = f"{call_title(self.method, shown(self.url, dict(turn.names)), turn.names)} → {looking.line}"
        last = f"{last} · {format_age(turn.world.clock.now_ms() - looking.at_ms)}"
        return ExpectationFailed(Failure(expected, f"{wrong}{after}", (("last", last), ("body", shown_body))))


def method_and_url(value: Any) -> str:
    """`GET http://…` as the file has it. Raises BadValue."""
    match = _REQUEST.match(value) if isinstance(value, str) else None
    if match is None:
        hint = "for example GET {{ capsule }}/api/v1/…"
        raise BadValue(f"expected a method and a URL, found {value!r}", hint=hint)
    if match[1] not in METHODS:
        close = nearest(match[1].upper(), METHODS) or METHODS[0]
        raise BadValue(f"expected one of {', '.join(METHODS)}, found {match[1]!r}", hint=f"did you mean {close!r}?")
    compile_template(value)
    return value


def url_of(request: str, at: str) -> Template:
    """The URL of a method and URL, which stands at `at`."""
    rest = request.split(None, 1)[1].strip()
    return compile_template(SourceText(rest, getattr(request, "where", at)))


def encode_body(content: Any) -> tuple[bytes | None, dict[str, str]]:
    """The body's bytes and its Content-Type."""
    if content is None:
        return None, {}
    if isinstance(content, str):
        return content.encode(), {"Content-Type": "text/plain; charset=utf-8"}
    try:
        return json.dumps(content, ensure_ascii=False).encode(), {"Content-Type": "application/json"}
    except (TypeError, ValueError) as error:
        raise UsageError(f"the body is not JSON: {error}") from None


def merged_headers(own: Mapping[str, str], given: Mapping[str, Any]) -> dict[str, str]:
    """`own` headers, replaced by the `given` ones of the same name in any case."""
    names = {name.lower() for name in given}
    return {name: value for name, value in own.items() if name.lower() not in names} | {
        name: str(value) for name, value in given.items()
    }


def _observe(answer: Answer, sent: Mapping[str, str]) -> Observed:
    text = answer.body.decode("utf-8", errors="replace")
    try:
        document = json.loads(answer.body) if answer.body and not answer.truncated else MISSING
    except (ValueError, RecursionError):
        document = MISSING
    received = {name.lower(): value for name, value in answer.headers.items()}
    request_id = received.get(REQUEST_ID.lower()) or sent.get(REQUEST_ID, "")
    parts = {"status": answer.status, "body": text, "request_id": request_id}
    return Observed(document=document, headers=answer.headers, parts=parts, any_case=True)


def _handle(observed: Observed) -> dict[str, Any]:
    body = observed.parts["body"] if observed.document is MISSING else observed.document
    headers = {name.lower().replace("-", "_"): value for name, value in observed.headers.items()}
    parts = observed.parts
    return {"status": parts["status"], "request_id": parts["request_id"], "body": body, "headers": headers}
