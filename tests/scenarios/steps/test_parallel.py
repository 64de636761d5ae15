"""Steps side by side: all are waited for, the first failure ends the others, and chance is each one's own."""

from typing import Any

import pytest

STORY = """
scenario: s
seed: 4
steps:
  - parallel:
      - publish: rim.fast-path
        key: a
        count: 3
        {rate}
        value: {{stress: "{{{{ random.uniform(0, 1) }}}}"}}
      - do:
          - wait: {wait}
          - publish: rim.fast-path
            key: b
            count: 3
            value: {{stress: "{{{{ random.uniform(0, 1) }}}}"}}
"""


async def test_it_takes_as_long_as_the_longest_and_numbers_each(play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - parallel:
      - wait: 3s
      - say: Beside it.
      - do:
          - wait: 1s
          - wait: 1s
""")
    assert result.took_ms == pytest.approx(3000)
    assert [step.path for step in result.steps] == ["", "1.2.1", "1.2.2", "1.2", "1.1", "1"]


async def test_the_first_failure_interrupts_the_others(play: Any) -> None:
    result = await play("""
scenario: s
steps:
  - parallel:
      - wait: 60s
      - expect: capsule.snapshots
        within: 1s
""")
    assert [(step.path, step.outcome, step.detail) for step in result.steps] == [
        ("1.2", "failed", None), ("1.1", "interrupted", None), ("1", "failed", None),
    ]  # fmt: skip
    assert result.exit_code == 1 and result.took_ms < 1500


async def test_the_same_seed_gives_the_same_records_however_they_mix(world: Any, play: Any) -> None:
    sent = []
    for rate, wait in (("rate: 1/s", "0s"), ("", "1s"), ("rate: 10/s", "100ms")):
        world.published.clear()
        await play(STORY.format(rate=rate, wait=wait))
        sent.append(sorted((each.key, each.value["stress"]) for each in world.published))
    assert sent[0] == sent[1] == sent[2] and len({stress for _, stress in sent[0]}) == 6
