from __future__ import annotations

from typing import Any

import pytest


def component(name: str, state: str, detail: str | None = None) -> dict[str, Any]:
    return {"name": name, "state": state, "detail": detail, "restarts": 0}


@pytest.fixture
def shown(sandbox: Any, control: Any) -> Any:
    def show(*components: dict[str, Any], state: str = "ready") -> Any:
        endpoints = {"kafka": "localhost:9092", "schema_registry": "http://localhost:8081", "capsule": None}
        control.answers["GET /v1/faults"] = {"faults": []}
        control.answers["GET /v1/status"] = {
            "name": "desk", "state": state, "runtime": "embedded", "endpoints": endpoints,
            "components": list(components), "left_out": [], "replaced": {},
        }  # fmt: skip
        return sandbox("status")

    return show


def test_every_component_is_shown_with_what_is_to_be_said_of_it(shown: Any) -> None:
    done = shown(component("kafka", "ready"), component("schema-registry", "ready", "skipped 1 record of _schemas"))
    assert done.out.splitlines()[1:] == [
        "  Kafka            localhost:9092",
        "  Schema Registry  http://localhost:8081",
        "  CAPSULE          – (left out)",
        "",
        "  kafka            ● ready",
        "  schema-registry  ● ready  skipped 1 record of _schemas",
    ]
    assert done.err == ""


def test_what_has_failed_is_told_with_the_way_out(shown: Any) -> None:
    done = shown(component("kafka", "failed", "ended by signal 9"), component("audit", "ready"), state="failed")
    assert "kafka            ✗ failed  ended by signal 9" in done.out
    assert done.err == "  start what has failed again: sandbox up --name desk\n"
