from __future__ import annotations

import json
from functools import partial
from typing import Any

from sandbox.cli.logs import last_shown, render

ACCESS = {
    "timestamp": "2026-11-26T05:41:27.336Z", "level": "INFO", "logger": "sandbox.access",
    "message": "GET /api/v1/capsules 200", "requestId": "req-7", "correlationId": "trace-7", "service": "capsule",
}  # fmt: skip
HISTORY = {
    "timestamp": "2026-11-26T05:59:44.884Z", "level": "WARNING", "logger": "sandbox.services.odyssey.history",
    "message": "Fallback for getHistory: late", "requestId": "req-8",
}  # fmt: skip
PLAIN = "2026-11-26T05:41:12,808 INFO Kafka Server started"


def shown(line: object, *, as_json: bool = False, service: str | None = None, prefix: bool = False, **more: Any) -> Any:
    text = line if isinstance(line, str) else json.dumps(line)
    return render("services", text, json=as_json, service=service, prefix=prefix, **more)


def test_a_structured_line_is_shown_to_people_with_time_level_service_and_request() -> None:
    assert shown(ACCESS) == "05:41:27.336 INFO    capsule         GET /api/v1/capsules 200  req-7"
    assert shown(HISTORY) == "05:59:44.884 WARNING odyssey         Fallback for getHistory: late  req-8"
    assert shown(PLAIN, prefix=True) == f"services: {PLAIN}"


def test_a_stack_trace_stands_below_its_line() -> None:
    text = shown({**ACCESS, "stackTrace": "Traceback…\nKeyError: 'x'"})
    assert text is not None and text.splitlines()[1:] == ["Traceback…", "KeyError: 'x'"]


def test_one_service_of_a_shared_process_is_told_from_the_others() -> None:
    assert shown(ACCESS, service="capsule") is not None
    assert shown(ACCESS, service="odyssey") is None
    assert shown(HISTORY, service="odyssey") is not None
    assert shown(PLAIN, service="odyssey") is None


def test_json_keeps_every_member_and_names_process_and_service() -> None:
    assert json.loads(shown(ACCESS, as_json=True) or "") == {"component": "services", **ACCESS}
    assert json.loads(shown(HISTORY, as_json=True) or "") == {"component": "services", "service": "odyssey", **HISTORY}
    assert json.loads(shown(PLAIN, as_json=True) or "") == {"component": "services", "message": PLAIN}


def test_lines_under_one_id_are_told_from_the_others() -> None:
    assert shown(ACCESS, under="req-7") is not None
    assert shown(ACCESS, under="trace-7") is not None
    assert shown(HISTORY, under="req-7") is None
    assert shown(PLAIN, under="req-7") is None


def test_the_last_lines_of_one_service_are_counted_among_its_own() -> None:
    lines = [json.dumps({**ACCESS, "message": f"GET {number} 200"}) for number in range(5)]
    busy = [line for each in lines for line in (each, json.dumps(HISTORY), json.dumps(HISTORY), PLAIN)]
    show = partial(render, "services", json=False, service="capsule", prefix=False)
    shown = last_shown(busy, show, 2)
    assert [text.split("GET ")[1] for text in shown] == ["3 200  req-7", "4 200  req-7"]
    assert last_shown(busy, show, 0) == []
    assert len(last_shown(busy, show, None)) == 5
