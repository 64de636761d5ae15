"""Recordings as the engine gives them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.scenarios.load import read_scenario
from sandbox.scenarios.recording import Composed, compose

T0 = 1_733_220_000_000
"""2024-12-03T10:00:00Z."""


def record(ms: int, topic: str, value: Any, *, key: str | None = "k", raw: str | None = None, **headers: str) -> Any:
    about = {"partition": 0, "offset": 0, "format": "avro" if raw is None else "binary"}
    return {
        "kind": "record", "at_ms": T0 + ms, "topic": topic, "key": key, "headers": headers, "value": value, "raw": raw,
        **about,
    }  # fmt: skip


def call(ms: int, asked: str, answer: Any = None, *, status: int = 200, body: Any = None, **headers: str) -> Any:
    method, service, path = asked.split(" ")
    texts = {"body": body, "answer": answer}
    return {
        "kind": "call", "at_ms": T0 + ms, "service": service, "method": method, "path": path, "status": status,
        "headers": headers, "cut": False, "request_id": "req-1",
        **{name: None if value is None else json.dumps(value) for name, value in texts.items()},
    }  # fmt: skip


def stream(ms: int, until_ms: int, path: str, *types: str) -> Any:
    about = {"kind": "stream", "service": "plato", "code": 1000}
    return {**about, "at_ms": T0 + ms, "until_ms": T0 + until_ms, "path": path, "types": list(types)}


def recording(events: list[Any], outcomes: dict[str, list[Any]] | None = None, **more: Any) -> dict[str, Any]:
    told = [{"topic": topic, "count": len(each), "records": each} for topic, each in (outcomes or {}).items()]
    return {"events": events, "outcomes": told, "faults": 0, "dropped": 0, **more}


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return Contracts.load()


@pytest.fixture
def composed(contracts: Contracts) -> Any:
    """The scenario of a recording, which is read and checked; `stem` None keeps it in one file."""

    def make(made: dict[str, Any], stem: str | None = "story") -> tuple[Composed, Any]:
        result = compose(made, contracts, title="A recorded session", stem=stem)
        return result, read_scenario(result.text, "story.yaml", contracts, files=result.files)

    return make
