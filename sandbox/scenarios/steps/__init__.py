"""The steps of a scenario: one class and one file a kind. A new kind is one file and one line in `STEPS`."""

from sandbox.scenarios.steps.breaker import BreakerStep
from sandbox.scenarios.steps.control import ControlStep
from sandbox.scenarios.steps.dlq import DlqStep
from sandbox.scenarios.steps.dlq_auto import DlqAutoStep
from sandbox.scenarios.steps.dlq_purge import DlqPurgeStep
from sandbox.scenarios.steps.dlq_replay import DlqReplayStep
from sandbox.scenarios.steps.do import DoStep
from sandbox.scenarios.steps.expect import ExpectStep
from sandbox.scenarios.steps.fault import FaultStep
from sandbox.scenarios.steps.group import GroupStep
from sandbox.scenarios.steps.heal import HealStep
from sandbox.scenarios.steps.http import HttpStep
from sandbox.scenarios.steps.include import IncludeStep
from sandbox.scenarios.steps.ledger import LedgerStep
from sandbox.scenarios.steps.limits import LimitsStep
from sandbox.scenarios.steps.load import LoadStep
from sandbox.scenarios.steps.log import LogStep
from sandbox.scenarios.steps.parallel import ParallelStep
from sandbox.scenarios.steps.publish import PublishStep
from sandbox.scenarios.steps.registry import RegistryStep
from sandbox.scenarios.steps.repeat import RepeatStep
from sandbox.scenarios.steps.replay import ReplayStep
from sandbox.scenarios.steps.reset import ResetStep
from sandbox.scenarios.steps.reset_offsets import ResetOffsetsStep
from sandbox.scenarios.steps.say import SayStep
from sandbox.scenarios.steps.step import Step
from sandbox.scenarios.steps.stop import StopStep
from sandbox.scenarios.steps.trace import TraceStep
from sandbox.scenarios.steps.wait import WaitStep
from sandbox.scenarios.steps.websocket import WebSocketStep
from sandbox.scenarios.steps.when import WhenStep

__all__ = ["STEPS"]

STEPS: dict[str, type[Step]] = {
    each.verb: each
    for each in (
        SayStep,
        PublishStep,
        ReplayStep,
        LoadStep,
        HttpStep,
        WebSocketStep,
        ExpectStep,
        BreakerStep,
        DlqStep,
        LedgerStep,
        TraceStep,
        LogStep,
        GroupStep,
        RegistryStep,
        ControlStep,
        LimitsStep,
        DlqReplayStep,
        DlqPurgeStep,
        DlqAutoStep,
        ResetStep,
        ResetOffsetsStep,
        FaultStep,
        HealStep,
        WaitStep,
        StopStep,
        DoStep,
        ParallelStep,
        RepeatStep,
        WhenStep,
        IncludeStep,
    )
}
