"""Composes a scenario of what was recorded: what came from outside at its time, and what came of it as assertions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.redaction import REDACTED
from sandbox.contracts.tracing import CORRELATION_ID, REQUEST_ID, TRACEPARENT
from sandbox.scenarios.recording.happening import Call, Happening, Publish, Stream, happenings, scalars
from sandbox.scenarios.recording.names import SECRET, Given, Names, json_path
from sandbox.scenarios.recording.outcomes import expectations, is_steady
from sandbox.scenarios.recording.text import scenario_text
from sandbox.scenarios.recording.wording import Wording, near

__all__ = ["Composed", "compose"]

MANY = 20
"""So many records one after the other go into a file of their own."""
LOOK_S = 10
OUTCOME_S = 30
REFUSED = (401, 403)
OWN_HEADERS = frozenset(
    name.lower() for name in (REQUEST_ID, CORRELATION_ID, TRACEPARENT, "tracestate", "X-Event-ID", "Content-Type")
)
"""Headers that every run makes anew."""
OURSELVES = ("control", "scenario")
"""What the sandbox calls itself as the source of a record that somebody publishes through it."""
USUAL = {"accept": ("*/*", "application/json"), "content-type": ("application/json",)}
FILLED = ("event_id", "event_ts_ms", "ingest_ts_ms", "timestamp")
"""Fields of a value that a run fills by itself."""


@dataclass(slots=True)
class Composed:
    """`text` is the scenario; `files` are what goes beside it, by name; `left_out` says what could not be recorded."""

    text: str = ""
    files: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    steps: int = 0


def compose(recording: Mapping[str, Any], contracts: Contracts, *, title: str, stem: str | None) -> Composed:
    """`recording` is what the control API gives at its end; `stem` begins the names of files beside the scenario, where
    there can be such."""
    composed = Composed()
    happened = _worth_telling(happenings(recording["events"]), composed)
    written = [record for each in recording["outcomes"] for record in each["records"]]
    names = Names.of(happened, written)
    steps = _Steps(happened, names, contracts, stem, composed).all()
    steps += _outcomes(written, _told_by_streams(happened, names), disturbed=bool(recording["faults"]))
    if recording["faults"]:
        composed.left_out.append(f"{recording['faults']} faults: add them as `fault:` steps")
    if recording["dropped"]:
        composed.left_out.append(f"{recording['dropped']} records or calls, for want of room")
    secret = SECRET in json.dumps(steps) or any("{{ secret" in text for text in composed.files.values())
    made = dict.fromkeys(names.made, "{{ uuid() }}")
    header = {
        "scenario": title,
        "purpose": "Recorded. What came of it has to come of it again.",
        "tags": ["recorded"],
        "seed": 1,
        "vars": {**made, **({SECRET: "redacted"} if secret else {})},
    }
    composed.steps = len(steps)
    composed.text = scenario_text(header, steps, composed.left_out)
    return composed


def _worth_telling(happened: list[Happening], composed: Composed) -> list[Happening]:
    """Without what cannot be done again, and of a question asked again and again only the last time."""
    told: list[Happening] = []
    for each in happened:
        if isinstance(each, Call):
            if each.status in REFUSED:
                composed.left_out.append(f"{each.method} {each.path}: {each.status}, credentials are not recorded")
                continue
            if each.cut and each.method in ("POST", "PUT", "PATCH"):
                composed.left_out.append(f"{each.method} {each.path}: its body is too long")
                continue
            last = told[-1] if told else None
            if each.method == "GET" and isinstance(last, Call) and last.asks == each.asks:
                told.pop()
        told.append(each)
    return told


class _Steps:
    """The steps of what happened, in its order."""

    def __init__(
        self, happened: list[Happening], names: Names, contracts: Contracts, stem: str | None, composed: Composed
    ) -> None:
        self._happened = happened
        self._names = names
        self._contracts = contracts
        self._stem = stem
        self._composed = composed
        self._begin_ms = happened[0].at_ms if happened else 0
        self._inputs: set[Any] = set()

    def all(self) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = []
        place = 0
        while place < len(self._happened):
            run = self._run_of_records(place)
            if len(run) > MANY and self._stem is not None:
                steps.append(self._replay(place, run))
                place += len(run)
                continue
            each = self._happened[place]
            steps += [self._awaited(given) for given in self._names.awaited.get(place, ())]
            self._inputs |= self._sent(each)
            steps.append({**self._step(place, each), "at": self._moment(each)})
            place += 1
        return steps

    def _run_of_records(self, place: int) -> list[Publish]:
        run: list[Publish] = []
        for at in range(place, len(self._happened)):
            each = self._happened[at]
            if not isinstance(each, Publish) or (at > place and at in self._names.awaited):
                break
            run.append(each)
        return run

    def _moment(self, each: Happening) -> str:
        return f"{max(0, each.at_ms - self._begin_ms) / 1000:g}s"

    def _step(self, place: int, each: Happening) -> dict[str, Any]:
        known = self._names.known_at(place)
        wording = Wording(known, each.at_ms)
        if isinstance(each, Publish):
            return self._publish(each, wording)
        if isinstance(each, Stream):
            return _stream(each, wording)
        return self._call(each, place, wording, known)

    def _call(self, call: Call, place: int, wording: Wording, known: Mapping[str, str]) -> dict[str, Any]:
        step: dict[str, Any] = {"http": f"{call.method} {{{{ {call.service} }}}}{wording.path(call.path)}"}
        headers = {name: value for name, value in call.headers.items() if _matters(name, value, call.body)}
        if headers:
            step["headers"] = wording.value(headers)
        if call.body is not None:
            step["body"] = wording.value(call.body)
        captured = self._names.captures.get(place, [])
        step["expect"] = expectations(call, known, captured, self._inputs)
        if call.method == "GET" and is_steady(call):
            step["within"] = f"{LOOK_S}s"
        if captured:
            step["capture"] = {given.name: json_path(given.path) for given in captured}
        return step

    def _publish(self, record: Publish, wording: Wording) -> dict[str, Any]:
        step: dict[str, Any] = {"publish": record.topic, **self._content(record, wording)}
        if (raw := step.pop("raw", None)) is not None:
            step["value"], step["format"] = raw, "raw"
        elif step.get("value") is not None and record.topic not in self._contracts.topics:
            step["format"] = "json"
        return step

    def _content(self, record: Publish, wording: Wording) -> dict[str, Any]:
        """Key, headers and value or raw, in words."""
        content: dict[str, Any] = {}
        if record.key is not None:
            content["key"] = wording.text(record.key)
        headers = {
            name: wording.text(value)
            for name, value in record.headers.items()
            if name.lower() not in OWN_HEADERS and value != REDACTED and value not in OURSELVES
        }
        if headers:
            content["headers"] = headers
        if record.raw is not None:
            return {**content, "raw": {"base64": record.raw}}
        return {**content, "value": self._value(record, wording)}

    def _value(self, record: Publish, wording: Wording) -> Any:
        return wording.value(self._said(record))

    def _said(self, record: Publish) -> Any:
        """The value, without what a run fills in by itself."""
        topic = self._contracts.topics.get(record.topic)
        if topic is None or topic.format != "avro" or not isinstance(record.value, Mapping):
            return record.value
        return _without_filled(record.value, record.at_ms, self._names.reused)

    def _sent(self, each: Happening) -> set[Any]:
        """What is sent again as it was, so that an answer may be expected to echo it."""
        sent = each.inputs()
        if isinstance(each, Publish):
            kept = (value for name, value in each.headers.items() if name.lower() not in OWN_HEADERS)
            sent = iter((each.key, *kept, *(value for _, value in scalars(self._said(each)))))
        return {value for value in sent if isinstance(value, str | float)}

    def _replay(self, place: int, run: list[Publish]) -> dict[str, Any]:
        name = f"{self._stem}-{len(self._composed.files) + 1}.jsonl"
        lines = []
        for number, each in enumerate(run):
            content = self._content(each, Wording(self._names.known_at(place + number), each.at_ms))
            lines.append(
                json.dumps({"at_ms": each.at_ms - run[0].at_ms, "topic": each.topic, **content}, ensure_ascii=False)
            )
            self._inputs |= self._sent(each)
        self._composed.files[name] = "\n".join(lines) + "\n"
        return {"replay": name, "at": self._moment(run[0])}

    @staticmethod
    def _awaited(given: Given) -> dict[str, Any]:
        """A record that gives an id: with its key, where that tells it from others."""
        where = {} if given.key is None or given.key == given.value else {"key": given.key}
        path = json_path(given.path)
        step: dict[str, Any] = {"expect": given.topic, "where": {**where, path: {"exists": True}}}
        return {**step, "capture": {given.name: path}, "within": f"{OUTCOME_S}s"}


def _without_filled(value: Mapping[str, Any], at_ms: int, kept: set[str]) -> dict[str, Any]:
    """Without nulls, ids of events and moments of now, at any depth: a run fills them in anew."""
    left: dict[str, Any] = {}
    for name, each in value.items():
        if isinstance(each, Mapping) and each:
            if inner := _without_filled(each, at_ms, kept):
                left[name] = inner
        elif each is not None and not (
            name in FILLED and each not in kept and (name == "event_id" or near(each, at_ms))
        ):
            left[name] = each
    return left


def _matters(name: str, value: str, body: Any) -> bool:
    """Whether a header is no matter of course; a text that is sent as JSON, broken maybe, has to say so."""
    usual = () if isinstance(body, str) and name.lower() == "content-type" else USUAL.get(name.lower(), ())
    return value not in usual and value != REDACTED


def _stream(stream: Stream, wording: Wording) -> dict[str, Any]:
    """The kinds of messages in their order; how many of each there are in a row depends on the moment."""
    expected: list[Any] = []
    for number, kind in enumerate(stream.types):
        if number and kind == stream.types[number - 1]:
            continue
        expected += [*(["…"] if expected else []), {"$.type": kind}]
    step: dict[str, Any] = {"websocket": f"{{{{ {stream.service} }}}}{wording.path(stream.path)}"}
    return {**step, "expect": expected, "within": f"{OUTCOME_S}s"} if expected else step


def _told_by_streams(happened: list[Happening], names: Names) -> set[str]:
    """The plans that were there before and were watched: the first who watches one starts it, the next ones do not, so
    that their records come once in a sandbox's life. What a stream told, its own step expects."""
    watched = {str(part) for each in happened if isinstance(each, Stream) for part in each.inputs()}
    return watched - set(names.known_at(len(happened)))


def _outcomes(written: list[Mapping[str, Any]], watched: set[str], *, disturbed: bool) -> list[dict[str, Any]]:
    """What the services wrote has to be written again: as many records at least, where no fault had a say in it."""
    counts = Counter(each["topic"] for each in written if each["key"] not in watched)
    steps = [
        {"expect": topic, "count": {"gte": 1 if disturbed else count}, "within": f"{OUTCOME_S}s"}
        for topic, count in sorted(counts.items())
    ]
    return [{"say": "What the services made of it."}, *steps] if steps else []
