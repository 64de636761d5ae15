"""The registry refuses new schemas."""

from __future__ import annotations

import json

import pytest

from tests.faults.wire import Wire

SCHEMA = json.dumps({"schema": '"string"'})


async def test_registering_is_refused_as_incompatible_in_confluents_form(registry: Wire) -> None:
    applied = registry.fault("schema-incompatible", subject="rim.*")
    heard = await registry.hear("/subjects/rim.fast-path-value/versions", method="POST", body=SCHEMA)
    answer = json.loads(heard.body)
    assert (heard.status, answer["error_code"]) == (409, 40901)
    assert answer["message"].startswith(
        'Schema being registered is incompatible with an earlier schema for subject "rim.fast-path-value"'
    )
    assert heard.header("Content-Type") == "application/vnd.schemaregistry.v1+json"
    assert (await registry.hear("/subjects/other/versions", method="POST", body=SCHEMA)).status == 200
    assert (await registry.hear("/subjects")).body == b'["other"]'
    applied.remove()
    registry.place.clear()
    assert (await registry.hear("/subjects/rim.x/versions", method="POST", body=SCHEMA)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "is_struck"),
    [
        ("POST", "/subjects/a/versions", True),
        ("POST", "/contexts/.c/subjects/a/versions/", True),
        ("GET", "/subjects/a/versions", False),
        ("POST", "/subjects/a", False),
        ("POST", "/compatibility/subjects/a/versions", False),
    ],
)
def test_only_registering_is_struck(method: str, path: str, is_struck: bool, apply, request_) -> None:
    assert apply("schema-incompatible").strikes(request_(method, path)) is is_struck
