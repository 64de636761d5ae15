"""Recordings through the control API."""

from __future__ import annotations

import pytest


async def test_a_recording_is_begun_asked_after_and_ended(http, engine) -> None:
    begun = await http.post("/v1/recordings", json={"topics": ["rim.fast-path"], "services": ["capsule"]})
    assert begun.status == 201 and (await begun.json())["id"] == "rec-1"
    assert engine.asked == [("record", "rim.fast-path", "capsule")]
    assert (await (await http.get("/v1/recordings/rec-1")).json())["calls"] == 1
    assert (await (await http.delete("/v1/recordings/rec-1")).json())["events"] == [{"kind": "call"}]


async def test_without_a_body_everything_is_recorded(http, engine) -> None:
    assert (await http.post("/v1/recordings", json={})).status == 201
    assert engine.asked == [("record",)]


@pytest.mark.parametrize("method", ["get", "delete"])
async def test_an_unknown_recording_is_a_404(http, method: str) -> None:
    assert (await getattr(http, method)("/v1/recordings/other")).status == 404
