"""Faults: what goes wrong on purpose. A kind is one file and one line in `FAULTS`."""

from sandbox.faults.fault import Fault
from sandbox.faults.http_status import HttpStatus
from sandbox.faults.latency import Latency
from sandbox.faults.plan_step_failure import PlanStepFailure

__all__ = ["FAULTS"]

FAULTS: dict[str, type[Fault]] = {each.kind: each for each in (HttpStatus, Latency, PlanStepFailure)}
