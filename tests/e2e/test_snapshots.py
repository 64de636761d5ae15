"""`sandbox snapshot`: the same answers under another name, and nothing lost whatever interrupts it."""

from __future__ import annotations

import json
import signal
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.control.quick_client import QuickClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

TOPIC, SCOPE = "rim.fast-path", "rim:entity:finance:EURUSD"


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return json.load(answer)


def control_of(cli: Any, name: str) -> QuickClient:
    token = (cli.state_root / name / "token").read_text(encoding="ascii").strip()
    return QuickClient(cli.engine(name)["control_url"], token, timeout_s=60)


def answers(cli: Any, name: str) -> dict[str, Any]:
    """All that a user can ask a sandbox for: topics, records, registry, capsules, offsets, dead letters."""
    control = control_of(cli, name)
    ends = control.get("/v1/status")["endpoints"]
    groups = [each["group"] for each in control.get("/v1/groups")["groups"]]
    described = {each: control.get(f"/v1/groups/{each}") for each in groups}
    subjects = get(f"{ends['schema_registry']}/subjects")
    topics = [each for each in control.get("/v1/topics")["topics"] if not each["internal"]]
    number = str(next(each["records"] for each in topics if each["name"] == TOPIC))
    records = cli.ok("topics", "tail", TOPIC, "--from-beginning", "-n", number, "--name", name, "--json").out
    return {
        "topics": topics,
        "records": sorted(records.splitlines()),
        "offsets": {
            group: [(each["topic"], each["partition"], each["committed"], each["end"]) for each in found["partitions"]]
            for group, found in described.items()
        },
        "subjects": {each: get(f"{ends['schema_registry']}/subjects/{each}/versions/latest") for each in subjects},
        "capsules": get(f"{ends['capsule']}/api/v1/capsules?size=100&scopeId={SCOPE}")["data"],
        "history": get(f"{ends['capsule']}/api/v1/history/{SCOPE}")["data"],
        "plans": get(f"{ends['plato']}/api/v1/plans")["data"],
        "letters": control.get(f"/v1/dlq/{TOPIC}")["letters"],
    }


def fill(cli: Any, wait_for: Any, name: str) -> None:
    cli.ok("scenario", "run", "golden-path", "--name", name)
    poison = cli.folder / "poison"
    poison.write_bytes(b"not avro")
    cli.ok("topics", "produce", TOPIC, "--key", "k", "--raw", "--file", str(poison), "--name", name)
    control = control_of(cli, name)
    wait_for(lambda: len(control.get(f"/v1/dlq/{TOPIC}")["letters"]) == 2, limit_s=30)
    wait_for(lambda: quiet(control), limit_s=30)


def quiet(control: QuickClient) -> bool:
    return all(not each["lag"] for each in control.get("/v1/groups")["groups"])


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory, make_cli: Any, wait_for: Any) -> Iterator[Any]:
    """A command line with the running sandbox `one`, which `answers` what the snapshot `there` holds."""
    root = tmp_path_factory.mktemp("snapshots")
    (root / "project").mkdir()
    cli = make_cli(root / "project", root / "state")
    cli.ok("up", "--name", "one", "--ports", "auto")
    fill(cli, wait_for, "one")
    cli.saved = answers(cli, "one")
    cli.file = cli.state_root / ".snapshots" / "there.tar.gz"
    cli.ok("snapshot", "save", "there", "--name", "one")
    yield cli
    cli.run("down", "--all", "--purge")


def one_more(cli: Any, wait_for: Any) -> dict[str, Any]:
    """Publishes what the snapshot does not hold; what the sandbox answers then."""
    control = control_of(cli, "one")

    def snapshots() -> int:
        return next(
            each["records"] for each in control.get("/v1/topics")["topics"] if each["name"] == "capsule.snapshots"
        )

    wanted = snapshots() + 1
    event = {
        "rim_node_id": SCOPE, "critical_metrics": {}, "status": "OK",
        "vector_timestamp": {"event_ts_ms": wanted, "ingest_ts_ms": wanted + 1, "logical_clock": 0},
    }  # fmt: skip
    control.post(f"/v1/topics/{TOPIC}/records", {"value": event, "key": SCOPE})
    wait_for(lambda: snapshots() == wanted and quiet(control), limit_s=30)
    found = answers(cli, "one")
    assert found != cli.saved
    return found


def test_a_saved_sandbox_runs_again_as_it_did(one: Any) -> None:
    assert answers(one, "one") == one.saved


def test_a_snapshot_answers_the_same_under_another_name(one: Any) -> None:
    loaded = one.ok("snapshot", "load", str(one.file), "--name", "two", "--json").json
    assert (loaded["loadedInto"], loaded["running"], loaded["sandbox"]) == ("two", False, "one")
    one.ok("up", "--name", "two", "--ports", "auto")
    assert answers(one, "two") == one.saved
    one.ok("down", "--purge", "--name", "two")


def test_a_damaged_one_leaves_everything_as_it_is(one: Any, tmp_path: Path) -> None:
    damaged, whole = tmp_path / "damaged.tar.gz", one.file.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2] + b"damage" + whole[len(whole) // 2 + 6 :])
    before = answers(one, "one")
    refused = one.run("snapshot", "load", str(damaged), "--name", "one")
    assert (refused.code, "damaged" in refused.err) == (2, True)
    assert answers(one, "one") == before
    assert one.run("snapshot", "load", str(damaged), "--name", "three").code == 2
    assert not (one.state_root / "three").exists()


def test_data_that_kafka_cannot_start_with_is_taken_back(one: Any, wait_for: Any, tmp_path: Path) -> None:
    before = one_more(one, wait_for)
    bad = tmp_path / "bad.tar.gz"
    poisoned(one.file, bad)
    failed = one.run("snapshot", "load", str(bad), "--name", "one")
    assert failed.code == 3, failed.err
    assert "back to what was there before" in failed.err
    assert answers(one, "one") == before
    assert debris(one) == []


STAGES = {"save": ("stopping", "writing", "starting"), "load": ("reading", "stopping", "starting")}
SOAK = [
    (verb, number, word)
    for verb, words in STAGES.items()
    for word in words
    for number in (signal.SIGINT, signal.SIGKILL)
]  # fmt: skip


@pytest.mark.parametrize(
    ("verb", "number", "word", "after_s"),
    [
        ("load", signal.SIGKILL, "starting", 0.5),
        ("load", signal.SIGINT, "starting", 0.5),
        *(
            pytest.param(*case, after_s, marks=pytest.mark.soak)
            for case in SOAK
            for after_s in (0.0, 0.1, 0.4, 1.2)
        ),
    ],
)  # fmt: skip
def test_an_interrupted_command_leaves_a_sandbox_that_works(
    one: Any, wait_for: Any, verb: str, number: int, word: str, after_s: float
) -> None:
    before = one_more(one, wait_for)
    with one.popen("snapshot", verb, "there" if verb == "load" else "other", "--name", "one") as working:
        while word not in (line := working.stderr.readline()):
            assert line, "it ended before it came to that"
        time.sleep(after_s)  # wherever that finds it
        working.send_signal(number)
        working.communicate(timeout=60)
    one.ok("up", "--name", "one", "--ports", "auto")
    assert answers(one, "one") in (before, one.saved)
    # What was being unpacked beside an engine that went on goes when the next one starts.
    assert set(debris(one)) <= ({".incoming"} if word == "reading" else set())
    (one.state_root / ".snapshots" / "other.tar.gz").unlink(missing_ok=True)


def debris(cli: Any) -> list[str]:
    """What a swap has left behind."""
    return sorted(each.name for each in (cli.state_root / "one").glob(".*"))


def poisoned(good: Path, bad: Path) -> None:
    """The same snapshot with correct checksums, of data that is no Kafka's."""
    import hashlib
    import io

    with tarfile.open(good) as source:
        manifest = json.load(source.extractfile("manifest.json"))  # type: ignore[arg-type]
        content = {name: source.extractfile(name).read() for name in manifest["members"]}  # type: ignore[union-attr]
    content["kafka/logs/meta.properties"] = b"version=1\nnode.id=77\ncluster.id=x\n"
    manifest["members"] = {
        name: {"size": len(each), "sha256": hashlib.sha256(each).hexdigest()} for name, each in content.items()
    }
    with tarfile.open(bad, "w:gz") as target:
        for name, each in {"manifest.json": json.dumps(manifest).encode(), **content}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(each)
            target.addfile(entry, io.BytesIO(each))
