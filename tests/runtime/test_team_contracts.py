from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sandbox.contracts.catalog import BUILT_IN
from sandbox.errors import InvalidFile
from sandbox.runtime.team_contracts import findings, load_contracts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(BUILT_IN / "schemas", tmp_path / "schemas")
    shutil.copy(BUILT_IN / "topics.yaml", tmp_path)
    return tmp_path


def record(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "RimFastEvent", "fields": list(fields)}


NESTED = {"type": "record", "name": "V", "fields": [{"name": "at", "type": "lng"}]}


def test_without_a_folder_the_contracts_are_the_built_in_ones() -> None:
    assert "rim.fast-path" in load_contracts(None).topics


def test_good_contracts_of_a_team_are_taken_as_they_are(folder: Path) -> None:
    assert findings(load_contracts(folder), ("capsule", "odyssey", "plato", "audit")) == []


@pytest.mark.parametrize(
    ("schema", "place", "hint"),
    [
        (record({"name": "price", "type": "doubel"}), "field price (/fields/0/type)", "did you mean double?"),
        (record({"name": "v", "type": NESTED}), "field v.at (/fields/0/type/fields/0/type)", "did you mean long?"),
        (record({"name": "price", "type": "double", "default": "much"}), "field price (/fields/0/default)", None),
        (record({"name": "price"}), "field price (/fields/0)", None),
        ({"type": "record", "name": "RimFastEvent"}, "Record has no fields", None),
    ],
)
def test_bad_avro_is_told_with_its_place_before_anything_starts(
    folder: Path, schema: dict[str, Any], place: str, hint: str | None
) -> None:
    file = folder / "schemas" / "RimFastEvent.avsc"
    file.write_text(json.dumps(schema), encoding="utf-8")
    with pytest.raises(InvalidFile) as caught:
        load_contracts(folder)
    assert caught.value.where == str(file)
    assert place in caught.value.message
    assert caught.value.hint == hint
