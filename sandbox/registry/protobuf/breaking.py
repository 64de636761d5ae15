"""What of a Protobuf schema keeps it from reading another's data, found by Buf (https://buf.build/docs/breaking/).

Buf is a program that comes with the extra `protobuf`; without it nothing here can tell.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.registry.formats import Unchecked

__all__ = ["Breaking", "breaking_changes"]

RULES = (
    "MESSAGE_NO_DELETE",
    "FIELD_WIRE_COMPATIBLE_TYPE",
    "FIELD_WIRE_COMPATIBLE_CARDINALITY",
    "FIELD_SAME_ONEOF",
    "MESSAGE_SAME_REQUIRED_FIELDS",
)
"""Buf's rules for what Confluent's registry calls incompatible. Fields, enums and values may come and go: readers skip
numbers that they do not know. What only generated code or JSON would notice (names, packages) is left out."""
CONFIG = json.dumps({"version": "v2", "breaking": {"use": RULES}})
ROOT = "schema.under.test.proto"
"""The schema itself, under a name that no import has."""
LIMIT_S = 10.0
FOUND = 100
"""Buf's exit code when it has something to say of the schemas: that rules are broken, or that they do not compile."""
_SAFE_PATH = re.compile(r"(?!.*(^|/)\.\.?(/|$))[A-Za-z0-9_][A-Za-z0-9_./ -]*\.proto\Z")


@dataclass(frozen=True, slots=True)
class Breaking:
    """`rule` is Buf's name for what breaks, `where` the line of the reader's text (or of its import), `message` says it
    in words."""

    rule: str
    where: str
    message: str


def breaking_changes(
    reader: str, reader_imports: Mapping[str, str], writer: str, writer_imports: Mapping[str, str]
) -> list[Breaking]:
    """Everything that keeps `reader` from reading data of `writer`; `…_imports` are the texts that they import.

    Takes some 0.1 s in a process of its own. Raises Unchecked when Buf is not there or does not take the schemas.
    """
    buf = _buf()
    if buf is None:
        raise Unchecked(
            "Compatibility of Protobuf schemas cannot be told without Buf",
            hint="pip install 'butterfly-sandbox[protobuf]' brings it; "
            "or set the subject's compatibility to NONE to register another version",
        )
    with tempfile.TemporaryDirectory(prefix="sandbox-buf-") as folder:
        for name, text, imports in (("reader", reader, reader_imports), ("writer", writer, writer_imports)):
            _write(Path(folder) / name, {**imports, ROOT: text})
        done = _run(buf, Path(folder))
    if done.returncode not in (0, FOUND):
        raise Unchecked(f"Compatibility of these Protobuf schemas cannot be told: {done.stderr.strip()[:500]}")
    texts = {**reader_imports, ROOT: reader}
    found = [json.loads(line) for line in done.stdout.splitlines()]
    if strange := next((each for each in found if each["type"] not in RULES), None):
        raise Unchecked(f"Compatibility of these Protobuf schemas cannot be told: {strange['message'][:500]}")
    return [Breaking(each["type"], _place(texts, each), each["message"].partition(" See http")[0]) for each in found]


@cache
def _buf() -> str | None:
    """The program beside this Python, else on the PATH."""
    return shutil.which("buf", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        if not _SAFE_PATH.match(name):
            raise Unchecked(f"Compatibility of these Protobuf schemas cannot be told: {name!r} is no path of an import")
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _run(buf: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [buf, "breaking", ".", "--against", "../writer", "--error-format", "json", "--config", CONFIG,
               "--against-config", '{"version":"v2"}']  # fmt: skip
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "BUF_CACHE_DIR": str(folder / "cache")}
    try:
        return subprocess.run(
            command, cwd=folder / "reader", env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unchecked(f"Compatibility of these Protobuf schemas cannot be told: {error}") from None


def _place(texts: Mapping[str, str], found: Mapping[str, Any]) -> str:
    lines, number = texts.get(found.get("path", ""), "").splitlines(), found.get("start_line", 0)
    return lines[number - 1].strip().rstrip(" {;") if 0 < number <= len(lines) else str(found.get("path", ROOT))
