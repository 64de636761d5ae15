"""Bearer tokens and API keys, their scopes, and the modes optional, required and off."""

from __future__ import annotations

import time

import jwt
import pytest

from sandbox.services.bearer_token import issue_token
from sandbox.services.http import Route
from sandbox.services.settings import HttpSettings

THINGS = "/api/v1/things"
KEY = f"butterfly_dev_{'k' * 32}"
UNAUTHORIZED = {"code": "UNAUTHORIZED", "message": "Missing or invalid authentication"}
FORBIDDEN = {"code": "FORBIDDEN", "message": "Insufficient permissions"}


@pytest.fixture
def start(serve, echo):
    async def start(**settings):
        return await serve(
            [Route("GET", THINGS, echo, "read:capsules"), Route("POST", THINGS, echo, "write:capsules")], **settings
        )

    return start


def bearer(*scopes: str, now_s: float | None = None, **options) -> dict[str, str]:
    settings = options.pop("settings", HttpSettings())
    token = issue_token(settings, scopes, now_s=int(now_s or time.time()), **options)
    return {"Authorization": f"Bearer {token}"}


async def test_optional_lets_callers_without_a_credential_do_everything(start):
    client = await start()
    assert (await client.get(THINGS)).status == 200
    assert (await client.post(THINGS)).status == 200


@pytest.mark.spec("ERROR-401", "HEADER-AUTHORIZATION")
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"X-API-Key": "butterfly_dev_short"},
        {"X-API-Key": f"other_dev_{'k' * 32}"},
        {"X-API-Key": ""},
    ],
)
@pytest.mark.parametrize("auth", ["optional", "required"])
async def test_an_invalid_credential_is_the_seeds_401(start, auth, headers):
    client = await start(auth=auth)
    answer = await client.get(THINGS, headers=headers)
    assert answer.status == 401
    assert (await answer.json())["error"] == UNAUTHORIZED
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.spec("ERROR-401")
async def test_required_refuses_callers_without_a_credential(start):
    client = await start(auth="required")
    answer = await client.get(THINGS)
    assert answer.status == 401
    assert (await answer.json())["error"] == UNAUTHORIZED
    assert (await client.get("/actuator/health")).status == 200, "the actuator stays open"
    assert (await client.get(THINGS, headers={"X-API-Key": KEY})).status == 200


async def test_off_looks_at_no_credential(start):
    client = await start(auth="off")
    assert (await client.get(THINGS, headers={"Authorization": "Bearer nonsense"})).status == 200


@pytest.mark.spec("ERROR-403", "HEADER-AUTHORIZATION")
async def test_a_token_may_what_its_scopes_say(start):
    client = await start()
    assert (await client.get(THINGS, headers=bearer("read:capsules"))).status == 200
    answer = await client.post(THINGS, headers=bearer("read:capsules"))
    assert answer.status == 403
    assert (await answer.json())["error"] == FORBIDDEN
    assert 'scope="write:capsules"' in answer.headers["WWW-Authenticate"]
    assert (await client.post(THINGS, headers=bearer("read:capsules", "write:capsules"))).status == 200


@pytest.mark.parametrize("scope", ["write:capsules", "admin"])
async def test_writing_includes_reading_and_admin_includes_everything(start, scope):
    client = await start()
    assert (await client.get(THINGS, headers=bearer(scope))).status == 200


async def test_a_token_of_another_matter_may_nothing_here(start):
    client = await start()
    assert (await client.get(THINGS, headers=bearer("execute:plans"))).status == 403
    assert (await client.get(THINGS, headers=bearer())).status == 403


async def test_tokens_expire_on_wall_time(start):
    client = await start()
    answer = await client.get(THINGS, headers=bearer("admin", now_s=time.time() - 100, expires_s=50))
    assert answer.status == 401
    assert (await answer.json())["error"] == UNAUTHORIZED
    assert "expired" in answer.headers["WWW-Authenticate"]
    assert (await client.get(THINGS, headers=bearer("admin", now_s=time.time() - 100, expires_s=500))).status == 200


async def test_a_token_from_a_machine_whose_clock_is_ahead_is_valid(start):
    client = await start()
    assert (await client.get(THINGS, headers=bearer("admin", now_s=time.time() + 5))).status == 200


async def test_a_token_of_one_tenant_is_that_tenants_call_and_nobody_elses(start, facts):
    client = await start()
    headers = bearer("read:capsules", tenant="lease-1")
    body = await (await client.get(THINGS, headers=headers)).json()
    assert body["data"]["tenant"] == "lease-1"
    assert facts.kept[-1].tenant == "lease-1"
    assert (await client.get(THINGS, headers={**headers, "X-Tenant-ID": "lease-1"})).status == 200
    answer = await client.get(THINGS, headers={**headers, "X-Tenant-ID": "lease-2"})
    assert answer.status == 403
    assert (await answer.json())["error"] == FORBIDDEN


async def test_a_token_of_another_sandbox_is_not_valid_here(start):
    client = await start(secret="mine")
    assert (await client.get(THINGS, headers=bearer("admin"))).status == 401
    assert (await client.get(THINGS, headers=bearer("admin", settings=HttpSettings(secret="mine")))).status == 200


@pytest.mark.parametrize("claims", [{"scopes": ["read:capsules"]}, {"scp": "read:capsules x"}, {"scp": ["admin"]}])
async def test_scopes_are_read_from_every_usual_claim(start, claims):
    token = jwt.encode({"sub": "u", "aud": ["butterfly-api"], **claims}, HttpSettings().signing_key, "HS256")
    client = await start()
    assert (await client.get(THINGS, headers={"Authorization": f"bearer {token}"})).status == 200


@pytest.mark.parametrize("claims", [{"scope": 5}, {"scopes": {"admin": True}}, {"scp": None}, {"scope": ""}])
async def test_a_claim_that_holds_no_scopes_gives_none(start, claims):
    token = jwt.encode({"sub": "u", **claims}, HttpSettings().signing_key, "HS256")
    client = await start()
    assert (await client.get(THINGS, headers={"Authorization": f"Bearer {token}"})).status == 403


async def test_an_unsigned_token_is_refused(start):
    token = jwt.encode({"sub": "u", "scope": "admin"}, None, "none")
    client = await start()
    assert (await client.get(THINGS, headers={"Authorization": f"Bearer {token}"})).status == 401


async def test_a_well_formed_key_has_all_scopes_until_keys_are_configured(start):
    client = await start()
    assert (await client.post(THINGS, headers={"X-API-Key": KEY})).status == 200
    configured = await start(api_keys={KEY: frozenset({"read:capsules"})})
    assert (await configured.get(THINGS, headers={"X-API-Key": KEY})).status == 200
    assert (await configured.post(THINGS, headers={"X-API-Key": KEY})).status == 403
    assert (await configured.get(THINGS, headers={"X-API-Key": f"butterfly_dev_{'z' * 32}"})).status == 401


async def test_a_key_may_be_configured_with_all_scopes(start):
    client = await start(auth="required", api_keys={KEY: None})
    assert (await client.post(THINGS, headers={"X-API-Key": KEY})).status == 200


async def test_the_services_own_key_holds_also_where_keys_are_configured(start):
    client = await start(auth="required", api_keys={KEY: frozenset()})
    answer = await client.post(THINGS, headers={"X-API-Key": HttpSettings().service_key})
    assert answer.status == 200


async def test_facts_name_a_credential_without_showing_it(start, facts):
    client = await start()
    await client.get(THINGS, headers={"X-API-Key": KEY})
    assert facts.kept[-1].client.startswith("credential:")
    assert KEY not in str(facts.kept[-1])


def test_settings_do_not_show_their_secrets():
    assert "hidden" not in repr(HttpSettings(secret="hidden", api_keys={"hidden": frozenset()}))
