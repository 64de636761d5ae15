from __future__ import annotations

from typing import Any

import pytest

from sandbox.cli.fault import KINDS, fault_lines, parameters_of
from sandbox.errors import UsageError
from sandbox.faults import FAULTS


def test_parameters_are_pairs_in_either_spelling() -> None:
    assert parameters_of(["--status", "503", "--message=a=b", "--limit", "2"]) == {
        "status": "503", "message": "a=b", "limit": "2",
    }  # fmt: skip
    assert parameters_of([]) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--status"], "--status needs a value"),
        (["--status", "--limit", "2"], "--status needs a value"),
        (["503"], "'503' is no parameter"),
        (["--ms", "1", "--ms=2"], "--ms is there twice"),
    ],
)
def test_what_is_no_pair_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parameters_of(words)


def test_the_help_names_every_kind_and_every_parameter() -> None:
    for kind, model in FAULTS.items():
        assert f"\n{kind} " in KINDS
        assert all(f"--{name}" in KINDS for name in model.parameters())


def test_faults_are_a_table() -> None:
    def fault(identity: str, hits: int, **parameters: Any) -> dict[str, Any]:
        return {
            "id": identity, "on": "capsule", "hits": hits, "since_ms": 1_000, "text": f"what {identity} does",
            "parameters": parameters,
        }  # fmt: skip

    assert list(fault_lines([fault("outage", 4), fault("slow", 2, limit=5)], now_ms=12_400)) == [
        "id      on           acted    since  fault",
        "outage  capsule          4     11 s  what outage does",
        "slow    capsule     2 of 5     11 s  what slow does",
    ]
    assert list(fault_lines([], now_ms=0)) == []
