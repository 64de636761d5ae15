from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.cli.scenario import library

STORY = """\
scenario: CAPSULE answers 503 and recovers
purpose: The breaker opens, and a caller goes on.
tags: [breaker, demo]
seed: 7
profile: demo
vars:
  node: rim:entity:finance:EURUSD
  late: "{{ node }}:{{ uuid() }}"
steady:
  - breaker: odyssey/capsule
    is: CLOSED
steps:
  - say: Calm.
  - http: GET {{ odyssey }}/api/v1/entities/{{ node }}/history
  - say: An outage.
  - fault: http-status
    on: capsule
    status: 503
    as: outage
  - breaker: odyssey/capsule
    goes: [OPEN]
    within: 10s
finally:
  - ledger: {group: capsule, in_flight: 0}
    within: 5s
"""
EXPLANATION = """\
CAPSULE answers 503 and recovers
  The breaker opens, and a caller goes on.
  tags breaker, demo · seed 7 · profile demo

  must hold, before and after
   1  breaker odyssey/capsule is CLOSED  (line 10)

  steps

      Calm.
   1  ODYSSEY GET /api/v1/entities/rim:entity:finance:EURUSD/history  (line 14)

      An outage.
   2  fault http-status --status 503 on capsule as outage  (line 16)
   3  breaker odyssey/capsule goes OPEN, within 10 s  (line 20)

  whatever happened
   1  ledger of capsule: in_flight 0, within 5 s  (line 24)
"""


@pytest.fixture
def story(tmp_path: Path, control) -> str:
    control.answers["GET /v1/status"] = {"contracts": {}}
    file = tmp_path / "story.yaml"
    file.write_text(STORY, encoding="utf-8")
    return str(file)


def test_a_scenario_is_explained_without_being_run(sandbox, control, story) -> None:
    done = sandbox("scenario", "explain", story)
    assert (done.code, done.out, done.err) == (0, EXPLANATION, "")
    assert [asked for asked, _ in control.asked] == ["GET /v1/status"]


def test_programs_get_the_steps_with_their_places(sandbox, story) -> None:
    (found,) = sandbox("scenario", "explain", story, "--json").json
    assert (found["file"], found["profile"], found["purpose"]) == (
        story,
        "demo",
        "The breaker opens, and a caller goes on.",
    )
    assert found["steps"][-1] == {
        "path": "3", "begins": None, "needs": ["own odyssey"], "parts": [],
        "verb": "breaker", "title": "breaker odyssey/capsule goes OPEN", "at": f"{story}:20", "withinSeconds": 10.0,
    }  # fmt: skip


def test_every_scenario_that_ships_can_be_explained(sandbox, control) -> None:
    control.answers["GET /v1/status"] = {"contracts": {}}
    names = [path.stem for path in library()]
    done = sandbox("scenario", "explain", *names)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n  steps\n") == len(names)


def test_an_invalid_file_is_told_with_its_place(sandbox, control, story) -> None:
    Path(story).write_text(STORY.replace("goes: [OPEN]", "gos: [OPEN]"), encoding="utf-8")
    done = sandbox("scenario", "explain", story)
    assert done.code == 2 and f"{story}:21" in done.err
