"""Dead letters on the real Kafka: found, replayed byte for byte, settled, and never lost by an interruption."""

from __future__ import annotations

import base64
import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.control.quick_client import QuickClient

pytestmark = pytest.mark.e2e


def client(cli: Any, name: str) -> QuickClient:
    token = (cli.state_root / name / "token").read_text(encoding="ascii").strip()
    return QuickClient(cli.engine(name)["control_url"], token, timeout_s=15)


def publish(control: QuickClient, topic: str, value: bytes, key: str = "k", **headers: str) -> dict[str, Any]:
    record = {"value_base64": base64.b64encode(value).decode(), "key": key, "headers": headers}
    return control.post(f"/v1/topics/{topic}/records", record)


@pytest.mark.spec("DLQ-INVESTIGATE", "DLQ-REPLAY", "DLQ-REPLAY-MANUAL")
def test_a_poison_record_is_found_replayed_and_given_up(shared: Any, wait_for: Callable[..., Any]) -> None:
    cli, status = shared
    control = client(cli, status["name"])
    publish(
        control, "perception.events", b"\xff\x00 poison", "rim:entity:finance:EURUSD", **{"X-Tenant-ID": "dlq-test"}
    )

    def letters(*more: str) -> list[dict[str, Any]]:
        return cli.ok("dlq", "list", "perception.events", "--tenant", "dlq-test", *more, "--json").json

    wait_for(lambda: letters("--status", "PENDING"))
    (letter,) = letters()
    assert (letter["failureCategory"], letter["consumerGroupId"]) == ("DESERIALIZATION", "capsule")
    shown = cli.ok("dlq", "show", "perception.events", letter["id"][:10])
    assert "FramingError" in shown.out
    options = ("perception.events", "--tenant", "dlq-test", "--json")
    dry = cli.ok("dlq", "replay", *options, "--dry-run").json
    assert (dry["state"], dry["replayed"]) == ("dry-run", 1)
    assert len(letters()) == 1
    replay = cli.ok("dlq", "replay", *options, "--reason", "a test", "--ticket", "T-1").json
    assert (replay["state"], replay["replayed"], replay["failed"], replay["markedDead"]) == ("finished", 1, 0, 0)
    wait_for(lambda: Counter(each["status"] for each in letters()) == {"SKIPPED": 1, "PENDING": 1})
    (again,) = letters("--status", "PENDING")
    assert again["replays"] == 1
    before, after = (control.get(f"/v1/dlq/perception.events/{each['id']}")["letter"] for each in (letter, again))
    assert after["originalValueBase64"] == before["originalValueBase64"]
    assert after["originalKeyBase64"] == before["originalKeyBase64"]
    added = after["originalHeadersBase64"][len(before["originalHeadersBase64"]) :]
    assert after["originalHeadersBase64"][: -len(added)] == before["originalHeadersBase64"]
    assert [name for name, _ in added] == ["dlq-replay-id", "dlq-retry-count"]
    assert cli.ok("dlq", "purge", *options).json["purged"] == 1
    assert letters("--status", "PENDING") == []


def test_what_is_wrong_is_said_with_exit_code_2(shared: Any) -> None:
    cli, _ = shared
    for arguments in (
        ("list", "no.such.topic"),
        ("replay", "perception.events", "--target", "perception.events.dlq"),
        ("replay", "perception.events", "--category", "SOMETHING"),
        ("show", "perception.events", "nobody"),
        ("auto", "perhaps"),
    ):
        done = cli.run("dlq", *arguments)
        assert (done.code, done.out) == (2, ""), arguments
        assert "error:" in done.err


def test_a_replay_goes_on_after_the_engine_was_killed(cli: Any, wait_for: Callable[..., Any]) -> None:
    total = 40
    status = cli.ok("up", "--ports", "auto", "--json").json
    name = status["name"]
    control = client(cli, name)
    for number in range(total):
        publish(control, "perception.events", b"poison %d" % number, key=str(number))
    wait_for(lambda: control.get("/v1/dlq/perception.events?limit=1")["matching"] == total)
    replay = cli.ok("dlq", "replay", "perception.events", "--rate", "10", "--no-wait", "--json").json["replay"]
    wait_for(lambda: control.get(f"/v1/dlq-replays/{replay}")["replayed"] >= 5)
    engine = cli.engine(name)
    os.kill(engine["pid"], signal.SIGKILL)
    wait_for(lambda: not [each for each in cli.processes() if each.pid != os.getpid()], limit_s=20)
    cli.ok("up", "--ports", "auto")
    control = client(cli, name)
    found = wait_for(
        lambda: (found := control.get(f"/v1/dlq-replays/{replay}"))["state"] == "finished" and found, limit_s=30
    )
    assert (found["replayed"], found["skipped"], found["failed"], found["left"]) == (total, 0, 0, 0)

    def successors() -> Counter[str]:
        page = control.get("/v1/dlq/perception.events?limit=1000&status=PENDING")["letters"]
        return Counter(each["key"] for each in page if each["replays"] == 1)

    wait_for(lambda: len(successors()) == total)
    assert sum(successors().values()) <= total + found["resent"]
