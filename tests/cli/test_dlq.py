from __future__ import annotations

import pytest

from sandbox.control.quick_client import QuickClient

REPLAY = "POST /v1/dlq/rim.fast-path/replay"
ENDED = {
    "replay": "rep_1", "state": "finished", "topic": "rim.fast-path", "targetTopic": None, "dryRun": False,
    "selected": 3, "replayed": 3, "skipped": 0, "failed": 0, "markedDead": 0, "left": 0, "alsoReached": 0, "resent": 0,
    "errors": [], "start": "2026-11-26T06:50:05.344Z", "end": "2026-11-26T06:50:07.184Z",
}  # fmt: skip
GOING = {**ENDED, "state": "running", "replayed": 1, "end": None}


def test_a_replay_is_waited_for_and_told_of(sandbox, control) -> None:
    control.answers |= {REPLAY: GOING, "GET /v1/dlq-replays/rep_1": ENDED}
    done = sandbox("dlq", "replay", "rim.fast-path", "--category", "validation", "--reason", "mended")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "rep_1  finished  rim.fast-path.dlq → rim.fast-path\n"
        "  replayed 3  skipped 0  failed 0  marked dead 0  left 0\n"
        "  2026-11-26T06:50:05.344Z – 2026-11-26T06:50:07.184Z\n"
    )
    body = control.asked[0][1]
    assert (body["category"], body["reason"], body["target"]) == (["VALIDATION"], "mended", "RAW")


def test_a_dry_run_says_what_would_be_done(sandbox, control) -> None:
    control.answers[REPLAY] = {**ENDED, "state": "dry-run", "dryRun": True}
    done = sandbox("dlq", "replay", "rim.fast-path", "--dry-run")
    assert done.code == 0
    assert done.out.splitlines()[1] == "  would replay 3  skipped 0  failed 0  marked dead 0  left 0"


def test_records_that_could_not_be_sent_are_a_failure(sandbox, control) -> None:
    control.answers[REPLAY] = {**ENDED, "replayed": 2, "failed": 1, "errors": ["k: Kafka is away"]}
    done = sandbox("dlq", "replay", "rim.fast-path")
    assert done.code == 3
    assert "  failed: k: Kafka is away" in done.out.splitlines()


def test_ctrl_c_stops_the_replay_tells_what_it_came_to_and_exits_130(
    sandbox, control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    control.answers |= {REPLAY: GOING, "DELETE /v1/dlq-replays/rep_1": {**ENDED, "state": "stopped", "left": 2}}
    monkeypatch.setattr(QuickClient, "get", press_ctrl_c)
    done = sandbox("dlq", "replay", "rim.fast-path", "--json")
    assert (done.code, done.err) == (130, "stopping…\ninterrupted\n")
    assert (done.json["state"], done.json["left"]) == ("stopped", 2)


def test_many_letters_that_take_a_while_to_be_read_are_waited_for(
    sandbox, control, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    made = QuickClient.__init__

    def noting(self, url: str, token: str, *, timeout_s: float = 5.0) -> None:
        waits.append(timeout_s)
        made(self, url, token, timeout_s=timeout_s)

    monkeypatch.setattr(QuickClient, "__init__", noting)
    control.answers |= {"GET /v1/dlq": {"topics": []}, REPLAY: ENDED}
    assert sandbox("dlq", "list").code == sandbox("dlq", "replay", "rim.fast-path").code == 0
    assert waits == [60.0, 60.0]
