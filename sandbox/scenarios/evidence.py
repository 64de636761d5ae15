"""What a failed step is shown with besides what it found itself: the faults in force are the first suspects."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from sandbox.errors import SandboxError
from sandbox.scenarios.result import Failure
from sandbox.scenarios.stage import Stage
from sandbox.scenarios.steps.step import Step

__all__ = ["with_evidence"]


async def with_evidence(failure: Failure, step: Step, stage: Stage) -> Failure:
    """The failure with the faults of this run that are there."""
    if not stage.faults:
        return failure
    with suppress(SandboxError):
        there = await stage.world.faults()
        told = tuple(
            ("faults", f"{fault}: {there[fault].text} on {there[fault].on}, hit {there[fault].hits} times")
            for fault in stage.faults
            if fault in there
        )
        return replace(failure, evidence=(*failure.evidence, *told))
    return failure
