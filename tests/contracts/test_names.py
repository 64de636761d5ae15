import pytest

from sandbox.contracts.names import Names


@pytest.mark.spec("DLQ-TOPIC")
def test_names_without_a_prefix_are_themselves() -> None:
    names = Names()
    assert (names.topic("rim.fast-path"), names.value_subject("rim.fast-path")) == (
        "rim.fast-path", "rim.fast-path-value",
    )  # fmt: skip
    assert names.dlq("rim.fast-path") == names.dlq("rim.fast-path.dlq") == "rim.fast-path.dlq"


def test_a_prefix_goes_before_topics_groups_and_subjects_and_comes_off_again() -> None:
    names = Names("lease7.")
    assert names.topic("a") == "lease7.a" and names.group("capsule") == "lease7.capsule"
    assert names.value_subject("a") == "lease7.a-value"
    assert names.logical("lease7.a") == "a" and names.logical("other") == "other"
