"""Which requests a fault means, on the wire where the service is asked who calls."""

from __future__ import annotations

import time
from typing import Any

import pytest

from sandbox.services.bearer_token import issue_token
from sandbox.services.settings import HttpSettings
from tests.faults.wire import Wire

KEY = "butterfly_dev_" + "k" * 32


@pytest.mark.parametrize(
    ("aim", "headers", "is_struck"),
    [
        ({"header": "X-Region: eu*"}, {"X-Region": "eu-west"}, True),
        ({"header": "X-Region: eu*"}, {"X-Region": "us"}, False),
        ({"header": "X-Region:*"}, {}, False),
        ({"path": "/api/v1/thing?"}, {}, False),
    ],
)
def test_headers_and_paths_choose_requests(
    aim: dict[str, str], headers: dict[str, str], is_struck: bool, apply: Any, request_: Any
) -> None:
    assert apply("hang", **aim).strikes(request_(path="/api/v1/things", headers=headers)) is is_struck


@pytest.mark.parametrize(
    ("client", "header", "status"),
    [
        ("tenant:acme", "X-Tenant-ID: acme", 503),
        ("tenant:acme", "X-Tenant-ID: other", 200),
        ("address:127.*", "Accept: */*", 503),
        ("key:butterfly_dev_*", f"X-API-Key: {KEY}", 503),
        ("key:*", "X-API-Key: butterfly_service_wrong", 401),
        ("service", f"X-API-Key: {KEY}", 200),
        ("anonymous", "Accept: */*", 503),
    ],
)
async def test_clients_are_known_by_credential_tenant_or_address(
    wire: Wire, client: str, header: str, status: int
) -> None:
    wire.fault("http-status", status=503, client=client)
    assert (await wire.hear("/api/v1/things", header)).status == status


@pytest.mark.parametrize(("client", "status"), [("token:alice", 503), ("tenant:acme", 503), ("token:bob", 200)])
async def test_a_token_is_known_by_its_subject_and_its_tenant(wire: Wire, client: str, status: int) -> None:
    token = issue_token(HttpSettings(), ("admin",), now_s=int(time.time()), subject="alice", tenant="acme")
    wire.fault("http-status", status=503, client=client)
    assert (await wire.hear("/api/v1/things", f"Authorization: Bearer {token}")).status == status


async def test_registry_faults_have_the_registrys_form_of_an_error(registry: Wire) -> None:
    registry.fault("http-status", status=503, retry_after=7)
    heard = await registry.hear("/subjects")
    assert (heard.status, heard.header("Retry-After")) == (503, "7")
    assert heard.body == b'{"error_code":503,"message":"HTTP 503 Service Unavailable"}'


async def test_faults_stand_one_behind_the_other(wire: Wire, registry: Wire) -> None:
    for service, path in ((wire, "/api/v1/things"), (registry, "/subjects")):
        service.fault("hang", method="POST")
        service.fault("http-status", status=503, path=path)
        service.fault("reset")
        assert (await service.hear(path)).status == 503
        assert (await service.hear("/config")).end == "reset"
