import pytest

from sandbox.contracts.names import Names
from sandbox.contracts.subject_strategy import SubjectStrategy

RECORD = "com.z254.butterfly.plato.avro.PlanEvent"


@pytest.mark.parametrize(
    ("strategy", "subject"),
    [
        (SubjectStrategy.TOPIC_NAME, "x.plato.plans-value"),
        (SubjectStrategy.RECORD_NAME, f"x.{RECORD}"),
        (SubjectStrategy.TOPIC_RECORD_NAME, f"x.plato.plans-{RECORD}"),
    ],
)
def test_a_strategy_names_the_subject(strategy: SubjectStrategy, subject: str) -> None:
    assert strategy.subject("plato.plans", RECORD, Names("x.")) == subject
