"""The envelope: chance, limit, facts, removal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.faults.applied import AppliedFault

Apply = Callable[..., AppliedFault]


def test_it_rests_after_its_limit(apply: Apply, request_: Any) -> None:
    applied = apply("http-status", status=503, limit=2)
    assert [applied.strikes(request_()) for _ in range(4)] == [True, True, False, False]
    assert applied.to_json()["hits"] == 2


def test_what_it_does_not_match_is_not_counted(apply: Apply, request_: Any) -> None:
    applied = apply("http-status", status=503, limit=1, method="POST")
    assert not applied.strikes(request_("GET"))
    assert applied.strikes(request_("POST"))


def test_chance_is_the_same_for_the_same_seed(apply: Apply, request_: Any) -> None:
    def struck(seed: int) -> list[bool]:
        applied = apply("http-status", status=503, probability=0.5, seed=seed)
        return [applied.strikes(request_()) for _ in range(200)]

    assert struck(7) == struck(7) != struck(8)
    assert 60 < sum(struck(7)) < 140


def test_it_is_told_of_when_it_comes_and_once_when_it_goes(apply: Apply, facts: Any, request_: Any) -> None:
    applied = apply("http-status", status=503)
    applied.strikes(request_())
    applied.remove()
    applied.remove()
    on, off = facts.kept
    assert (on.kind, on.fault_id, on.fault, on.target) == ("FaultApplied", "f1", "http-status --status 503", "capsule")
    assert (off.kind, off.source, off.fault_id, off.hits) == ("FaultRemoved", "capsule", "f1", 1)


def test_it_shows_what_is_not_as_usual(apply: Apply, clock: Any) -> None:
    assert apply("http-status", status=503, retry_after=2).to_json() == {
        "id": "f1", "kind": "http-status", "on": "capsule", "parameters": {"status": 503, "retry-after": 2},
        "text": "http-status --status 503 --retry-after 2", "hits": 0, "since_ms": clock.now_ms(),
    }  # fmt: skip
