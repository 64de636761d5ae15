"""Sending a record from a form: made from the topic's schema, or from a record that is there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, cast

from sandbox.control.models import PublishRequest
from sandbox.errors import SandboxError
from sandbox.tui.dialogs.form import Form
from sandbox.tui.screens.page import Page

__all__ = ["send_record"]

TRACING = ("x-request-id", "x-correlation-id", "traceparent", "tracestate", "x-causation-id")
"""Headers that belong to the one record that carried them: a new record gets its own."""


def send_record(page: Page, topic: str, record: Mapping[str, Any] | None = None) -> None:
    """Ask for key, partition, headers and value, filled in from `record` or else from the topic's schema, and send."""
    page.run_worker(partial(_send, page, topic, record), group="send", exclusive=True)


async def _send(page: Page, topic: str, record: Mapping[str, Any] | None) -> None:
    try:
        described = await page.feed.ask(lambda client: client.topic(topic))
    except SandboxError as error:
        page.app.notify(error.render(), severity="error", markup=False)
        return
    contract = described.model_dump().get("contract") or {}
    given = _given(record, contract.get("example"))
    title = f"Send to {topic}" + (f" · {contract['schema']}" if contract.get("schema") else "")

    async def check(answer: dict[str, Any]) -> str | None:
        try:
            sent = await page.feed.act(lambda client: client.publish_record(topic, _request(answer)))
        except SandboxError as error:
            return error.render()
        page.app.notify(f"sent: {sent.topic} {sent.partition}@{sent.offset}", markup=False)
        return None

    await cast(Any, page.app).ask(Form(title, _schema(contract), given, send="send", check=check))


def _schema(contract: Mapping[str, Any]) -> dict[str, Any]:
    key = contract.get("key")
    return {
        "properties": {
            "key": {"type": "string", "description": f"by the contract: {key}" if key else ""},
            "partition": {"type": "integer", "minimum": 0, "description": "by the key, unless given"},
            "headers": {"type": "object", "description": "tracing headers are added when there are none"},
            "value": {"type": "object", "description": "JSON; empty sends a record without a value"},
        }
    }


def _given(record: Mapping[str, Any] | None, example: Any) -> dict[str, Any]:
    if record is None:
        return {"value": example if isinstance(example, dict) else {}}
    headers = record["headers"].items() if isinstance(record["headers"], Mapping) else record["headers"]
    kept = {name: value for name, value in headers if name.lower() not in TRACING and value is not None}
    return {"key": record["key"], "partition": record["partition"], "headers": kept or None, "value": record["value"]}


def _request(answer: Mapping[str, Any]) -> PublishRequest:
    return PublishRequest(
        value=answer.get("value"),
        key=answer.get("key"),
        partition=answer.get("partition"),
        headers={name: str(value) for name, value in (answer.get("headers") or {}).items()},
    )
