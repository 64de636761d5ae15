"""Records come in an order within a partition, and an `expect` can say in which."""

from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario

STORY = """
scenario: s
steps:
  - publish: rim.fast-path
  - expect: capsule.snapshots
    count: {count}
    order: {order}
    within: 1s
"""


@pytest.fixture
def expect(world: Any, play: Any) -> Any:
    """Play a scenario in which these records, `(key, partition, number)`, come; the result of the expect."""

    async def run(order: str, *records: tuple[str, int, Any]) -> Any:
        def arrive(_: Any) -> None:
            for key, partition, number in records:
                world.arrives("capsule.snapshots", {"n": number, "who": key}, key=key, partition=partition)

        world.on_publish = arrive
        result = await play(STORY.replace("{count}", str(len(records))).replace("{order}", order))
        return result.steps[1]

    return run


@pytest.mark.parametrize("order", ["{of: $.n}", "{of: $.n, per: key}", "{of: $.n, per: $.who}"])
async def test_entities_have_an_order_each(expect: Any, order: str) -> None:
    step = await expect(order, ("a", 0, 5), ("b", 1, 1), ("a", 0, 6), ("b", 1, 1), ("a", 0, 7))
    assert step.outcome == "passed"
    step = await expect(order, ("a", 0, 5), ("b", 1, 1), ("a", 0, 4))
    assert step.outcome == "failed" and step.failure.actual.endswith("has 4 after 5")


async def test_a_partition_has_an_order_whatever_the_keys(expect: Any) -> None:
    ordered = [("a", 0, 1), ("b", 1, 1), ("c", 0, 2), ("d", 1, 3)]
    assert (await expect("{of: $.n, per: partition}", *ordered)).outcome == "passed"
    step = await expect("{of: $.n, per: partition}", *ordered, ("e", 1, 2))
    assert step.failure.lines() == [
        "expected  5 record(s) on capsule.snapshots in the order of $.n per partition",
        "actual    partition 1: capsule.snapshots-1@8 has 2 after 3",
    ]
    assert step.title == "expect capsule.snapshots in the order of $.n per partition"


async def test_a_topic_has_an_order_only_on_one_partition(expect: Any) -> None:
    assert (await expect("{of: $.n, per: topic}", ("a", 0, 1), ("b", 0, 2))).outcome == "passed"
    step = await expect("{of: $.n, per: topic}", ("a", 0, 1), ("b", 1, 2))
    assert "topic capsule.snapshots is on several partitions: capsule.snapshots-0@2 and " in step.failure.actual


async def test_texts_have_an_order_too_and_what_has_none_is_said(expect: Any) -> None:
    texts = [("a", 0, "2024-12-03T10:00:00Z"), ("a", 0, "2024-12-03T10:00:01Z")]
    assert (await expect("{of: $.n}", *texts)).outcome == "passed"
    assert (await expect("{of: $.m}", ("a", 0, 1))).failure.actual.endswith("cannot be ordered: its $.m is nothing")
    assert (await expect("{of: $.n}", ("a", 0, 1), ("a", 0, "b"))).outcome == "failed"


def test_it_names_what_it_does_not_know() -> None:
    with pytest.raises(InvalidFile, match="unknown key 'by' in `order`"):
        read_scenario(STORY.replace("{count}", "1").replace("{order}", "{of: $.n, by: key}"), "s.yaml")
