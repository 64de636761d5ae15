"""Faults: what goes wrong on purpose. A kind is one file and one line in `FAULTS`."""

from sandbox.faults.auth_outage import AuthOutage
from sandbox.faults.broker_kill import BrokerKill
from sandbox.faults.broker_pause import BrokerPause
from sandbox.faults.broker_restart import BrokerRestart
from sandbox.faults.broker_stop import BrokerStop
from sandbox.faults.consumer_crash import ConsumerCrash
from sandbox.faults.consumer_failure import ConsumerFailure
from sandbox.faults.consumer_pause import ConsumerPause
from sandbox.faults.consumer_slow import ConsumerSlow
from sandbox.faults.duplicate_record import DuplicateRecord
from sandbox.faults.edge_latency import EdgeLatency
from sandbox.faults.edge_partition import EdgePartition
from sandbox.faults.empty_response import EmptyResponse
from sandbox.faults.fault import Fault
from sandbox.faults.hang import Hang
from sandbox.faults.http_status import HttpStatus
from sandbox.faults.latency import Latency
from sandbox.faults.malformed_body import MalformedBody
from sandbox.faults.plan_step_failure import PlanStepFailure
from sandbox.faults.poison_record import PoisonRecord
from sandbox.faults.rate_limit import RateLimit
from sandbox.faults.reorder_records import ReorderRecords
from sandbox.faults.reset import Reset
from sandbox.faults.schema_incompatible import SchemaIncompatible
from sandbox.faults.schema_unknown import SchemaUnknown
from sandbox.faults.service_crash import ServiceCrash
from sandbox.faults.service_restart import ServiceRestart
from sandbox.faults.service_stop import ServiceStop
from sandbox.faults.slow_body import SlowBody
from sandbox.faults.truncated_body import TruncatedBody
from sandbox.faults.ws_close import WsClose
from sandbox.faults.ws_drop import WsDrop
from sandbox.faults.ws_duplicate import WsDuplicate
from sandbox.faults.ws_reorder import WsReorder
from sandbox.faults.ws_stall import WsStall

__all__ = ["FAULTS"]

_OF_REQUESTS = (
    HttpStatus, Latency, Hang, Reset, EmptyResponse, TruncatedBody, MalformedBody, SlowBody, RateLimit, AuthOutage,
    SchemaIncompatible, SchemaUnknown,
)  # fmt: skip
_OF_RECORDS = (
    ConsumerFailure, ConsumerSlow, ConsumerPause, ConsumerCrash, PoisonRecord, DuplicateRecord, ReorderRecords,
)  # fmt: skip
_OF_PLANS = (PlanStepFailure, WsClose, WsDrop, WsDuplicate, WsReorder, WsStall)
_OF_EDGES = (EdgePartition, EdgeLatency)
_OF_COMPONENTS = (BrokerStop, BrokerPause, BrokerKill, BrokerRestart, ServiceStop, ServiceCrash, ServiceRestart)
FAULTS: dict[str, type[Fault]] = {
    each.kind: each for each in (*_OF_REQUESTS, *_OF_PLANS, *_OF_RECORDS, *_OF_EDGES, *_OF_COMPONENTS)
}
