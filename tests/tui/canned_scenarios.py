"""A canned library of scenarios, and runs in several states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.control.scenario_models import LibraryScenario, ScenarioDocument
from sandbox.errors import UnknownName
from sandbox.tui.state import StepLine
from tests.tui.fake_feed import AT_MS, BUSY, STEPS

LIBRARY = tuple(
    LibraryScenario(
        name=name, title=title, file=f"scenarios/{name}.yaml", purpose=purpose, tags=list(tags),
        ships=name != "desk-morning",
    )
    for name, title, purpose, tags in (
        ("desk-morning", "The desk's own morning", "What our desk sees at eight.", ("desk",)),
        (
            "capsule-outage", "CAPSULE goes down; ODYSSEY's breaker opens, falls back, and recovers",
            "Fallback and recovery of the capsule breaker: while CAPSULE answers 503 ODYSSEY goes on with an empty "
            "history, and no event is lost.", ("breaker", "failure", "demo"),
        ),
        ("golden-path", "An alert becomes a plan, which is carried out", "Everything works.", ("golden-path", "demo")),
        ("registry-outage", "The registry goes down under warm caches", "Caches carry on.", ("registry", "failure")),
        ("retry-exhaustion", "A record fails until its retries are used up", "Retries end.", ("retry", "dlq")),
        ("throttling", "A client asks too often, and waits", "429 and Retry-After.", ("rate-limit",)),
    )
)  # fmt: skip


def step(
    path: str, verb: str, title: str, within_s: float | None = None, parts: tuple[Any, ...] = ()
) -> dict[str, Any]:
    return {
        "path": path, "verb": verb, "title": title, "at": "scenarios/capsule-outage.yaml:20", "withinSeconds": within_s,
        "begins": None, "needs": [], "parts": list(parts),
    }  # fmt: skip


EXPLAINED = {
    "steady": [step("1", "breaker", "breaker odyssey/capsule is CLOSED")],
    "steps": [
        step("", "say", "Calm. ODYSSEY reads an entity's history from CAPSULE, through its breaker."),
        step("1", "http", "ODYSSEY GET /api/v1/entities/rim:entity:finance:EURUSD/history"),
        step("", "say", "CAPSULE now answers 503, and alerts come in. After five bad calls the breaker opens."),
        step("2", "fault", "fault http-status --status 503 on capsule as outage"),
        step("3", "breaker", "breaker odyssey/capsule goes OPEN", 10.0),
        step("4", "parallel", "side by side", None, (
            {"heading": None, "steps": [step("4.1", "publish", "publish 20 records to rim.fast-path"),
                                        step("4.2", "expect", "expect odyssey.paths: $.capsule_ids []", 10.0)]},
        )),
    ],
    "finally": [step("1", "heal", "no fault is in force")],
}  # fmt: skip

HELD = replace(
    BUSY,
    run=replace(
        BUSY.run,
        held="breaker odyssey/capsule goes HALF_OPEN, then CLOSED",
        steps=(*STEPS[:7], StepLine(0, "CAPSULE is back. Three good probes close the breaker.", "passed")),
    ),
)
"""A run that waits for its presenter."""

FAILURE = {
    "expected": "1 record(s) on odyssey.paths with key rim:entity:finance:EURUSD",
    "actual": "0 of 14 records fit in 10.0 s",
    "evidence": [
        ["nearest", "odyssey.paths[2]@41 · trace-0007 · 3 s ago · key is rim:entity:finance:BRENT"],
        ["", "odyssey.paths[0]@18 · trace-0004 · 5 s ago · key is rim:entity:finance:WTI"],
        ["faults", "http-status --status 503 on capsule"],
    ],
    "hint": "look at the service that writes it, and at its DLQ",
}
FAILED = replace(
    BUSY,
    run=replace(
        BUSY.run,
        state="failed",
        took_ms=24_400.0,
        steps=(
            *STEPS[:7],
            StepLine(7, "side by side", "failed", took_ms=10_004.0, where="scenarios/capsule-outage.yaml:46"),
            StepLine(
                7, "expect odyssey.paths: key rim:entity:finance:EURUSD", "failed", "expected …", 10_002.0, 10_000.0,
                AT_MS, "scenarios/capsule-outage.yaml:48", FAILURE, "7.2",
            ),
            StepLine(8, "no fault is in force", "passed", "1 removed", 9.0),
        ),
    ),
)  # fmt: skip


class CannedScenarios:
    """`started` are the documents that were run, `moved` what else was done to runs."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[dict[str, Any]] = []
        self.moved: list[tuple[Any, ...]] = []
        self.library = LIBRARY

    async def scenario_library(self) -> list[LibraryScenario]:
        return list(self.library)

    async def library_scenario(self, name: str) -> ScenarioDocument:
        if name == "gone":
            raise UnknownName("there is no scenario 'gone'")
        return ScenarioDocument(name=name, file=f"scenarios/{name}.yaml", text="scenario: x", explained=EXPLAINED)

    async def run_scenario(self, document: Mapping[str, Any]) -> str:
        self.started.append(dict(document))
        return "r1"

    async def next_step(self, run: str, *, to_end: bool) -> None:
        self.moved.append(("end" if to_end else "next", run))

    async def stop_scenario(self, run: str) -> None:
        self.moved.append(("stop", run))
