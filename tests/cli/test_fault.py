from __future__ import annotations

import json
import re
from typing import Any

import pytest

from sandbox.cli.app import run
from sandbox.cli.fault import KINDS, fault_lines, parameters_of
from sandbox.errors import UsageError
from sandbox.faults import FAULTS
from sandbox.faults.edge_fault import EdgeFault
from sandbox.faults.fault import Fault, HttpFault
from sandbox.faults.record_fault import DeliveryFault
from sandbox.faults.stream_fault import StreamFault


def test_parameters_are_pairs_in_either_spelling() -> None:
    assert parameters_of(["--status", "503", "--message=a=b", "--first", "2"]) == {
        "status": "503", "message": "a=b", "first": "2",
    }  # fmt: skip
    assert parameters_of([]) == {}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--status"], "--status needs a value"),
        (["--status", "--first", "2"], "--status needs a value"),
        (["503"], "'503' is no parameter"),
        (["--ms", "1", "--ms=2"], "--ms is there twice"),
    ],
)
def test_what_is_no_pair_is_refused(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parameters_of(words)


def test_the_help_names_what_all_kinds_and_all_faults_of_a_sort_take() -> None:
    shared = {name for each in (Fault, HttpFault, DeliveryFault, StreamFault, EdgeFault) for name in each.parameters()}
    assert shared and all(f"--{name} " in KINDS for name in shared)


def test_every_kind_is_listed_with_its_own_parameters_and_where_it_acts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["fault", "kinds"]) == 0
    listed = capsys.readouterr().out
    for kind, model in FAULTS.items():
        assert re.search(rf"^{kind}(?= |$)", listed, re.MULTILINE)
        assert f"    on {', '.join(model.acts_on())}\n" in listed
    assert "http-status --status … [--retry-after …] [--message …]\n" in listed


def test_one_kind_is_explained_with_every_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fault", "kinds", "latency"]) == 0
    out = capsys.readouterr().out
    assert all(f"  --{name} " in out for name in FAULTS["latency"].parameters())
    assert run(["fault", "kinds", "latencyy"]) == 2
    assert "did you mean latency?" in capsys.readouterr().err


def test_the_kinds_are_data_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fault", "kinds", "http-status", "--json"]) == 0
    (kind,) = json.loads(capsys.readouterr().out)
    assert (kind["own"], kind["parameters"]["required"]) == (["status", "retry-after", "message"], ["status"])


def test_faults_are_a_table() -> None:
    def fault(identity: str, hits: int, **more: Any) -> dict[str, Any]:
        return {"id": identity, "on": "capsule", "hits": hits, "since_ms": 1_000, "text": f"{identity} does", **more}

    faults = [fault("outage", 4), fault("slow", 2, until_ms=20_000, acting=False)]
    assert list(fault_lines(faults, now_ms=12_400)) == [
        "id      on         acted    since     left  fault",
        "outage  capsule        4     11 s           outage does",
        "slow    capsule        2     11 s      8 s  slow does  (rests)",
    ]
    assert list(fault_lines([], now_ms=0)) == []
