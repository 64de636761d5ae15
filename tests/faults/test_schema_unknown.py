"""The registry knows no schema by its id."""

from __future__ import annotations

import json

import pytest

from tests.faults.wire import Wire


async def test_an_id_is_not_found_in_confluents_form(registry: Wire) -> None:
    made = await registry.hear("/subjects/a/versions", method="POST", body=json.dumps({"schema": '"string"'}))
    identity = json.loads(made.body)["id"]
    registry.fault("schema-unknown")
    heard = await registry.hear(f"/schemas/ids/{identity}")
    assert (heard.status, json.loads(heard.body)) == (
        404, {"error_code": 40403, "message": f"Schema {identity} not found"},
    )  # fmt: skip
    registry.place.clear()
    assert (await registry.hear(f"/schemas/ids/{identity}")).status == 200


@pytest.mark.parametrize(
    ("path", "is_struck"),
    [
        ("/schemas/ids/7", True),
        ("/schemas/ids/7/schema", True),
        ("/contexts/.c/schemas/ids/7", True),
        ("/schemas/ids/8", False),
        ("/schemas/types", False),
        ("/subjects/7", False),
    ],
)
def test_one_id_can_be_chosen(path: str, is_struck: bool, apply, request_) -> None:
    assert apply("schema-unknown", id=7).strikes(request_(path=path)) is is_struck
