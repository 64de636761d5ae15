"""Faults: what goes wrong on purpose. A kind is one file and one line in `FAULTS`."""

from sandbox.faults.auth_outage import AuthOutage
from sandbox.faults.empty_response import EmptyResponse
from sandbox.faults.fault import Fault
from sandbox.faults.hang import Hang
from sandbox.faults.http_status import HttpStatus
from sandbox.faults.latency import Latency
from sandbox.faults.malformed_body import MalformedBody
from sandbox.faults.plan_step_failure import PlanStepFailure
from sandbox.faults.rate_limit import RateLimit
from sandbox.faults.reset import Reset
from sandbox.faults.schema_incompatible import SchemaIncompatible
from sandbox.faults.schema_unknown import SchemaUnknown
from sandbox.faults.slow_body import SlowBody
from sandbox.faults.truncated_body import TruncatedBody

__all__ = ["FAULTS"]

FAULTS: dict[str, type[Fault]] = {
    each.kind: each
    for each in (
        HttpStatus,
        Latency,
        Hang,
        Reset,
        EmptyResponse,
        TruncatedBody,
        MalformedBody,
        SlowBody,
        RateLimit,
        AuthOutage,
        SchemaIncompatible,
        SchemaUnknown,
        PlanStepFailure,
    )
}
