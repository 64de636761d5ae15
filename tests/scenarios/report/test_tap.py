"""The Test Anything Protocol, as golden text."""

from sandbox.events.facts import Fact
from sandbox.scenarios.report.run_log import Told
from sandbox.scenarios.report.tap import TapReport


def test_a_run_is_a_subtest_with_a_point_a_step(story: list[Fact]) -> None:
    lines = TapReport().render(Told.of(story)).splitlines()
    assert lines[:3] == ["TAP version 14", "1..1", lines[2]] and lines[2].startswith("# Subtest: Outage <script>")
    assert lines[3:8] == [
        "    # seed 7",
        "    ok 1 - publish 20 records to rim.fast-path",
        "    ok 2 - docker: pause the broker # SKIP skipped because there is no Docker",
        "    not ok 3 - breaker odyssey/capsule is CLOSED",
        "      ---",
    ]
    assert lines[8:10] == ['      at: "story.yaml:6"', '      expected: "CLOSED"']
    assert lines[11:15] == [
        '      evidence: ["last GET /x → 503 (12 ms) · req-1", "GET /x → 503"]',
        '      hint: "wait longer"',
        "      ...",
        "    1..3",
    ]
    assert lines[15].startswith("not ok 1 - Outage")


def test_a_number_sign_in_a_title_is_no_directive(story: list[Fact]) -> None:
    from dataclasses import replace

    renamed = [replace(fact, title="wait # TODO") if getattr(fact, "number", 0) == 1 else fact for fact in story]
    assert "    ok 1 - wait \\# TODO" in TapReport().render(Told.of(renamed)).splitlines()


def test_a_step_that_another_one_interrupted_is_neither_good_nor_bad(story: list[Fact]) -> None:
    from dataclasses import replace

    changed = [
        replace(fact, outcome="interrupted") if getattr(fact, "outcome", "") == "skipped" else fact for fact in story
    ]
    assert "    ok 2 - docker: pause the broker # SKIP interrupted" in TapReport().render(Told.of(changed)).splitlines()
