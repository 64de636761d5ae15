from __future__ import annotations

import pytest

from sandbox.events.facts import (
    DlqRecordReplayed,
    DlqStatusChanged,
    Fact,
    RequestServed,
    StepStarted,
    WebSocketClosed,
    WebSocketMessageSent,
)
from sandbox.observe.deed import deed_of, format_took

ABOUT = {"at_ms": 1, "source": "plato"}
SERVED = {**ABOUT, "method": "GET", "route": "/x/{id}", "path": "/x/1?page=2", "took_ms": 1.0}


@pytest.mark.parametrize(
    ("fact", "what", "bad"),
    [
        (RequestServed(**SERVED, status=200), "served GET /x/1 → 200", False),
        (RequestServed(**SERVED, status=429), "served GET /x/1 → 429", True),
        (RequestServed(**SERVED, status=499), "served GET /x/1 → the client went away", True),
        (RequestServed(**SERVED, status=444), "served GET /x/1 → no answer, by a fault", True),
        (
            DlqRecordReplayed(
                **ABOUT, replay="r", replay_id="i", dlq_ids=("d",), topic="t", partition=1, offset=2, replays=3
            ),
            "sent a dead letter again as t-1@2 (replay 3)",
            False,
        ),
        (
            DlqStatusChanged(
                **ABOUT, dlq_id="0123456789", topic="t", from_status="PENDING", status="DEAD", note="limit"
            ),
            "dead letter 01234567: PENDING → DEAD (limit)",
            True,
        ),
        (WebSocketMessageSent(**ABOUT, path="/ws", client="c", type="PONG"), "streamed PONG", False),
        (
            WebSocketClosed(**ABOUT, path="/ws", client="c", code=1000, messages=17),
            "WebSocket closed (1000) after 17 messages",
            False,
        ),
    ],
)
def test_a_fact_is_told_in_words(fact: Fact, what: str, bad: bool) -> None:
    deed = deed_of(fact)
    assert deed is not None and (deed.who, deed.what, deed.bad) == ("plato", what, bad)


def test_what_a_test_does_is_no_deed_of_a_service() -> None:
    assert deed_of(StepStarted(**ABOUT, run="r", number=1, title="t", where="f:1")) is None


@pytest.mark.parametrize(("ms", "text"), [(0.42, "0.4 ms"), (12.34, "12.3 ms"), (840, "840 ms"), (1240, "1.24 s")])
def test_a_time_is_as_exact_as_a_person_reads_it(ms: float, text: str) -> None:
    assert format_took(ms) == text
