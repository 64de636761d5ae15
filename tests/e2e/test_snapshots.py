"""`sandbox snapshot`: the same answers under another name, and nothing lost whatever interrupts it."""

from __future__ import annotations

import json
import signal
import tarfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from sandbox.control.quick_client import QuickClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

SCOPE = "rim:entity:finance:EURUSD"


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
    records = cli.ok(
        "topics", "tail", "rim.fast-path", "--from-beginning", "-n", "2", "--name", name, "--json"
    ).out  # fmt: skip
    return {
        "topics": [each for each in control.get("/v1/topics")["topics"] if not each["internal"]],
        "records": sorted(records.splitlines()),
        "offsets": {
            group: [(each["topic"], each["partition"], each["committed"], each["end"]) for each in found["partitions"]]
            for group, found in described.items()
        },
        "subjects": {each: get(f"{ends['schema_registry']}/subjects/{each}/versions/latest") for each in subjects},
        "capsules": get(f"{ends['capsule']}/api/v1/capsules?size=100&scopeId={SCOPE}")["data"],
        "history": get(f"{ends['capsule']}/api/v1/history/{SCOPE}")["data"],
        "plans": get(f"{ends['plato']}/api/v1/plans")["data"],
        "letters": control.get("/v1/dlq/rim.fast-path")["letters"],
    }


def fill(cli: Any, wait_for: Any, name: str) -> None:
    cli.ok("scenario", "run", "golden-path", "--name", name)
    poison = cli.folder / "poison"
    poison.write_bytes(b"not avro")
    cli.ok("topics", "produce", "rim.fast-path", "--key", "k", "--raw", "--file", str(poison), "--name", name)
    control = control_of(cli, name)
    wait_for(lambda: len(control.get("/v1/dlq/rim.fast-path")["letters"]) == 2, limit_s=30)
    wait_for(lambda: all(not each["lag"] for each in control.get("/v1/groups")["groups"]), limit_s=30)


def test_a_snapshot_answers_the_same_under_another_name(cli: Any, wait_for: Any, tmp_path: Path) -> None:
    cli.ok("up", "--name", "one", "--ports", "auto")
    fill(cli, wait_for, "one")
    before = answers(cli, "one")
    file = tmp_path / "elsewhere" / "one.tar.gz"
    cli.ok("snapshot", "save", str(file), "--name", "one")
    assert answers(cli, "one") == before, "the sandbox runs again as it did"

    loaded = cli.ok("snapshot", "load", str(file), "--name", "two", "--json").json
    assert (loaded["loadedInto"], loaded["running"], loaded["sandbox"]) == ("two", False, "one")
    cli.ok("up", "--name", "two", "--ports", "auto")
    assert answers(cli, "two") == before

    cli.ok("scenario", "run", "golden-path", "--name", "two")
    assert answers(cli, "two") != before
    cli.ok("snapshot", "load", str(file), "--name", "two")
    assert answers(cli, "two") == before, "loaded into a running sandbox"

    # A damaged one leaves everything as it is.
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] + b"damage" + whole[len(whole) // 2 + 6 :])
    stood = answers(cli, "two")
    refused = cli.run("snapshot", "load", str(file), "--name", "two")
    assert refused.code == 2
    assert "damaged" in refused.err
    assert answers(cli, "two") == stood
    nowhere = cli.run("snapshot", "load", str(file), "--name", "three")
    assert nowhere.code == 2
    assert not (cli.state_root / "three").exists()


def test_data_that_kafka_cannot_start_with_is_taken_back(cli: Any, wait_for: Any, tmp_path: Path) -> None:
    cli.ok("up", "--name", "one", "--ports", "auto")
    fill(cli, wait_for, "one")
    before = answers(cli, "one")
    cli.ok("snapshot", "save", "good", "--name", "one")
    bad = tmp_path / "bad.tar.gz"
    poisoned(cli.state_root / ".snapshots" / "good.tar.gz", bad)
    failed = cli.run("snapshot", "load", str(bad), "--name", "one")
    assert failed.code == 3, failed.err
    assert "back to what was there before" in failed.err
    assert answers(cli, "one") == before


@pytest.mark.parametrize(
    ("verb", "number", "after_s"),
    [
        ("save", signal.SIGINT, 0.8),
        ("load", signal.SIGKILL, 1.2),
        pytest.param("save", signal.SIGKILL, 0.8, marks=pytest.mark.soak),
        pytest.param("load", signal.SIGINT, 0.8, marks=pytest.mark.soak),
        pytest.param("load", signal.SIGKILL, 0.6, marks=pytest.mark.soak),
        pytest.param("load", signal.SIGKILL, 2.0, marks=pytest.mark.soak),
    ],
)
def test_an_interrupted_command_leaves_a_sandbox_that_works(
    cli: Any, wait_for: Any, verb: str, number: int, after_s: float
) -> None:
    cli.ok("up", "--name", "one", "--ports", "auto")
    cli.ok("scenario", "run", "golden-path", "--name", "one")
    if verb == "load":
        cli.ok("snapshot", "save", "there", "--name", "one")
    with cli.popen("snapshot", verb, "there", "--name", "one") as working:
        time.sleep(after_s)  # wherever that finds it
        working.send_signal(number)
        working.communicate(timeout=60)
    wait_for(lambda: cli.run("up", "--name", "one", "--ports", "auto").code == 0, limit_s=60)
    records = {each["name"]: each["records"] for each in control_of(cli, "one").get("/v1/topics")["topics"]}
    assert records["capsule.snapshots"] > 0
    assert cli.ok("scenario", "run", "golden-path", "--name", "one").code == 0
    assert cli.run("snapshot", "save", "next", "--name", "one").code == 0


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
