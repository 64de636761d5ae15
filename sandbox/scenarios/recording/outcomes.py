"""What a recorded call's answer has to be again: its status, and what it echoes of what was sent or made before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.contracts.redaction import REDACTED
from sandbox.scenarios.recording.happening import Call, Path, scalars
from sandbox.scenarios.recording.names import Given, json_path
from sandbox.scenarios.recording.wording import near

__all__ = ["expectations", "is_steady"]

ECHOES_SHOWN = 6
SHORTEST_ECHO_CHARS = 4
TOO_MANY = 429
SERVER_ERROR = 500


def is_steady(call: Call) -> bool:
    """Whether another run has to answer with the same status: not when the service was out of order, or busy."""
    return call.status < SERVER_ERROR and call.status != TOO_MANY


def expectations(call: Call, names: Mapping[str, str], captured: list[Given], inputs: set[Any]) -> dict[str, Any]:
    """Selector → predicate. `names` are the variables that are known before, `inputs` what was sent until now."""
    if not is_steady(call):
        return {"status": {"gte": 100}}
    asked: dict[str, Any] = {"status": call.status}
    if call.status >= 400:
        code = call.answer.get("error", {}).get("code") if isinstance(call.answer, Mapping) else None
        return {**asked, **({"$.error.code": code} if isinstance(code, str) else {})}
    for given in captured:
        asked[json_path(given.path)] = {"exists": True}
    taken = {given.path for given in captured}
    echoes: dict[str, Any] = {}
    for path, value in scalars(call.answer):
        if path in taken or "meta" in path or len(echoes) >= ECHOES_SHOWN or near(value, call.at_ms):
            continue
        in_list = any(isinstance(part, int) for part in path)
        if isinstance(value, str) and value in names:
            told = f"{{{{ {names[value]} }}}}"
            echoes.setdefault(json_path(path, any_item=in_list), {"contains": told} if in_list else told)
        elif not in_list and _is_echo(path, value, inputs):
            echoes[json_path(path)] = {"equals": value} if isinstance(value, str) and "{" in value else value
    return asked | echoes


def _is_echo(path: Path, value: Any, inputs: set[Any]) -> bool:
    """A text, or a number that nobody takes for another, that was sent before."""
    if isinstance(value, str):
        return len(value) >= SHORTEST_ECHO_CHARS and REDACTED not in value and "{" not in value and value in inputs
    return isinstance(value, float) and not value.is_integer() and value in inputs
