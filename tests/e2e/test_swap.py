"""Parts of the sandbox swapped for a team's own: contracts, and services, on the real Kafka."""

from __future__ import annotations

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.contracts.catalog import BUILT_IN
from sandbox.control.quick_client import QuickClient

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

EURUSD = "rim:entity:finance:EURUSD"
FLAT = [
    {"name": "rim_node_id", "type": "string"},
    {"name": "timestamp", "type": "long"},
    {"name": "critical_metrics", "type": {"type": "map", "values": "double"}},
    {"name": "stress", "type": ["null", "double", "string"], "default": None},
    {"name": "status", "type": "string"},
]
ORDERS = {"name": "desk.orders", "format": "avro", "schema": "Order", "partitions": 2, "retention_days": 1}

STORY = """
scenario: A topic of the team's own
steps:
  - publish: desk.orders
    value: {id: o2, amount: 1}
  - expect: desk.orders
    where: {$.id: o2}
"""


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """The older flat event, a topic of the team's own, and no `odyssey.actors`."""
    folder = tmp_path / "contracts"
    shutil.copytree(BUILT_IN / "schemas", folder / "schemas")
    topics = yaml.safe_load((BUILT_IN / "topics.yaml").read_text(encoding="utf-8"))
    topics["topics"] = [each for each in topics["topics"] if each["name"] != "odyssey.actors"] + [ORDERS]
    (folder / "topics.yaml").write_text(yaml.safe_dump(topics), encoding="utf-8")
    order = [{"name": "id", "type": "string"}, {"name": "amount", "type": "double"}]
    for name, fields in (("RimFastEvent", FLAT), ("Order", order)):
        schema = {"type": "record", "name": name, "namespace": "com.example", "fields": fields}
        (folder / "schemas" / f"{name}.avsc").write_text(json.dumps(schema), encoding="utf-8")
    return folder


class History(BaseHTTPRequestHandler):
    """A CAPSULE of somebody's own that knows one capsule."""

    def do_GET(self) -> None:
        body = json.dumps({"data": [{"capsuleId": "cap_theirs"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def capsule() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), History)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def client(cli: Any, name: str) -> QuickClient:
    token = (cli.state_root / name / "token").read_text(encoding="ascii").strip()
    return QuickClient(cli.engine(name)["control_url"], token, timeout_s=15)


def test_services_cope_with_a_teams_contracts_and_say_what_they_miss(
    cli: Any, contracts: Path, wait_for: Callable[..., Any]
) -> None:
    done = cli.ok(
        "up", "--name", "team", "--ports", "auto", "--profile", "demo", "--contracts", str(contracts), "--json"
    )
    assert "✗ rim.fast-path: RimFastEvent.stress is null|double|string, expected null|double" in done.err
    findings = done.json["contracts"]["findings"]
    assert "topic odyssey.actors is missing: ODYSSEY does not publish changes of actors" in {
        each["text"] for each in findings
    }
    assert [each["field"] for each in findings if each["fails"]] == ["stress"]
    assert all(each["text"] in cli.ok("status", "--name", "team").out for each in findings)

    control = client(cli, "team")
    flat = {"rim_node_id": EURUSD, "timestamp": 1_764_000_000_000, "critical_metrics": {}, "status": "OK"}
    control.post("/v1/topics/rim.fast-path/records", {"key": EURUSD, "value": {**flat, "stress": 0.91}})
    control.post("/v1/topics/rim.fast-path/records", {"key": EURUSD, "value": {**flat, "stress": "high"}})
    control.post("/v1/topics/desk.orders/records", {"key": "o1", "value": {"id": "o1", "amount": 2.5}})

    def letters() -> Any:
        return cli.ok("dlq", "list", "rim.fast-path", "--name", "team", "--json").json

    found = wait_for(lambda: (each := letters()) and len(each) == 2 and each)
    assert {(each["failureCategory"], each["consumerGroupId"]) for each in found} == {
        ("VALIDATION", "capsule"), ("VALIDATION", "odyssey-reflex"),
    }  # fmt: skip
    assert all("stress is 'high', expected null|double" in each["errorMessage"] for each in found)
    story = contracts.parent / "story.yaml"
    story.write_text(STORY, encoding="utf-8")
    cli.ok("scenario", "run", str(story), "--name", "team")
    counts = {each["name"]: each["records"] for each in control.get("/v1/topics")["topics"]}
    assert counts["capsule.snapshots"] == counts["odyssey.paths"] == 1 and counts["desk.orders"] == 2
    assert "odyssey.actors" not in counts


def test_broken_contracts_are_refused_before_anything_starts(cli: Any, contracts: Path) -> None:
    schema = contracts / "schemas" / "Order.avsc"
    schema.write_text(schema.read_text(encoding="utf-8").replace("double", "doubel"), encoding="utf-8")
    done = cli.run("up", "--name", "team", "--ports", "auto", "--contracts", str(contracts))
    assert done.code == 2
    assert f"{schema}: is not a good Avro schema: field amount (/fields/1/type)" in done.err
    assert "did you mean double?" in done.err
    assert not (cli.state_root / "team" / "engine.json").exists()


def test_a_replaced_capsule_is_used_and_a_missing_plato_is_told(
    cli: Any, capsule: ThreadingHTTPServer, wait_for: Callable[..., Any]
) -> None:
    url = f"http://127.0.0.1:{capsule.server_port}"
    up = ("up", "--name", "swap", "--ports", "auto", "--profile", "demo", "--replace", f"capsule={url}")
    status = cli.ok(*up, "--without", "plato", "--json").json
    assert (status["endpoints"]["capsule"], status["left_out"]) == (url, ["plato"])
    assert status["replaced"]["capsule"] == {"url": url, "reachable": True, "detail": None}
    assert "your capsule reached" in {each["what"] for each in status["proof"]}
    assert not any(each["name"] in ("capsule", "plato") for each in status["components"])
    env = cli.ok("env", "--name", "swap")
    assert f"CAPSULE_URL={url}" in env.out and "PLATO_URL" not in env.out and "plato" in env.err

    control = client(cli, "swap")
    value = {
        "rim_node_id": EURUSD, "critical_metrics": {}, "stress": 0.95,
        "vector_timestamp": {"event_ts_ms": 1_764_000_000_000, "ingest_ts_ms": 1_764_000_000_000},
    }  # fmt: skip
    control.post("/v1/topics/rim.fast-path/records", {"key": EURUSD, "value": value})
    (letter,) = wait_for(lambda: cli.ok("dlq", "list", "rim.fast-path", "--name", "swap", "--json").json)
    assert (letter["failureCategory"], letter["errorMessage"]) == (
        "DOWNSTREAM_FAILURE", "PLATO gave no plan: plato is left out of this sandbox",
    )  # fmt: skip
    calls = list(control.get("/v1/facts?kind=DownstreamCalled")["facts"])
    assert {(each["target"], each["status"]) for each in calls} == {("capsule", 200)}
    story = cli.run("scenario", "run", "golden-path", "--name", "swap")
    assert story.code == 0 and "skipped because capsule is not the sandbox's own" in story.out


def test_a_replaced_service_that_is_away_keeps_nobody_from_starting(cli: Any) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{held.getsockname()[1]}"
        done = cli.ok("up", "--name", "away", "--ports", "auto", "--only", "odyssey", "--replace", f"capsule={url}")
    assert f"{url}  (yours: nothing can be reached there: Connection refused)" in done.out
