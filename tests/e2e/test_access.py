"""Who may call, and how often, on the real sandbox: tokens, API keys and limits from the command line to the answer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

KEY = f"butterfly_ci_{'k' * 32}"
TOML = f"""
ports = "auto"
profile = "demo"
auth = "required"
rate-limits = "per-service"

[api-keys]
{KEY} = "read:capsules"
"""
NODE = "rim:entity:finance:EURUSD"


def call(url: str, *, method: str = "GET", body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    if data is not None:
        named["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=data, headers=named, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer), dict(answer.headers)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error), dict(error.headers)


@pytest.mark.spec("ERROR-401", "ERROR-403", "ERROR-429", "HEADER-AUTHORIZATION")
def test_credentials_and_limits_hold_from_the_command_line_to_the_answer(cli: Any) -> None:
    (cli.folder / "sandbox.toml").write_text(TOML, encoding="utf-8")
    status = cli.ok("up", "--json").json
    ends = status["endpoints"]
    capsules = f"{ends['capsule']}/api/v1/capsules"

    def bearer(*options: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {cli.ok('token', *options).out.splitlines()[-1]}"}

    status_code, body, headers = call(capsules)
    assert (status_code, body["error"]["code"]) == (401, "UNAUTHORIZED")
    assert headers["WWW-Authenticate"] == "Bearer"
    reads = bearer("--scope", "read:capsules")
    assert call(f"{capsules}?scopeId={NODE}", **reads)[0] == 200
    status_code, body, _ = call(capsules, method="POST", body={"scopeId": NODE}, **reads)
    assert (status_code, body["error"]) == (403, {"code": "FORBIDDEN", "message": "Insufficient permissions"})
    status_code, body, headers = call(capsules, **bearer("--scope", "read:capsules", "--expires=-1s"))
    expected = {"code": "UNAUTHORIZED", "message": "Missing or invalid authentication"}
    assert (status_code, body["error"]) == (401, expected)
    assert body["meta"]["requestId"] == headers["X-Request-ID"]

    assert call(capsules, X_API_Key=KEY)[0] == 200
    assert call(capsules, method="POST", body={"scopeId": NODE}, X_API_Key=KEY)[0] == 403
    assert call(capsules, X_API_Key=f"butterfly_ci_{'z' * 32}")[0] == 401

    admin = bearer("--scope", "admin")
    entity = f"{ends['odyssey']}/api/v1/entities/{NODE}/history"
    status_code, body, headers = call(entity, **admin)
    assert (status_code, body["meta"]["degraded"]) == (200, False), "ODYSSEY's own calls are let in by CAPSULE"
    assert headers["X-RateLimit-Limit"] == "500"
    assert cli.ok("limits", "list", "--json").json["odyssey"]["command"] == 50
    cli.ok("limits", "set", "odyssey", "--query", "1")
    status_code, body, headers = call(entity, **admin)
    wait_s = int(headers["Retry-After"])
    refused = {"code": "RATE_LIMITED", "message": "Too many requests", "retryAfter": wait_s}
    assert (status_code, body["error"]) == (429, refused)
    assert 0 < wait_s <= 60
    assert (headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == ("1", "0")
    cli.ok("limits", "reset", "odyssey")
    assert call(entity, **admin)[2]["X-RateLimit-Remaining"] == "499", "the count begins anew"

    told = cli.ok("status", "--json").out + cli.ok("logs", "--tail", "10000").out
    assert KEY not in told and "k" * 32 not in told
