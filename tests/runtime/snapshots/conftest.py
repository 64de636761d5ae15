"""A folder of data, and snapshots of it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.runtime.snapshots.manifest import FORMAT, Manifest, Member


def describe(members: dict[str, Member], **changed: Any) -> Manifest:
    known = {
        "format": FORMAT, "sandbox": "0.1.0", "name": "mine", "saved": "2026-01-01T00:00:00.000Z", "kafka": "4.4.0",
        "stores": {"capsule": "c1"}, "contracts": {"rim.fast-path": "r1"}, "members": members,
    }  # fmt: skip
    return Manifest(**{**known, **changed})


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for name, content in {
        "kafka/logs/t-0/0.log": b"records", "kafka/logs/t-0/0.index": b"\0" * 99,
        "kafka/logs/.kafka_cleanshutdown": b"",
        "kafka/server.properties": b"port", "kafka/logs/.lock": b"", "stores/capsule.db": b"rows" * 100_000,
    }.items():  # fmt: skip
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def forge(tmp_path: Path) -> Callable[..., Path]:
    """`path = forge(manifest, (tarinfo, content)…)`: an archive with these members, whatever they are."""

    def write(manifest: dict[str, Any] | None, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
        path = tmp_path / "forged.tar.gz"
        with tarfile.open(path, "w:gz") as archive:
            first = [] if manifest is None else [(tarfile.TarInfo("manifest.json"), json.dumps(manifest).encode())]
            for entry, content in [*first, *entries]:
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        return path

    return write
