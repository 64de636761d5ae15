from __future__ import annotations

import pytest
from aiohttp import WSServerHandshakeError

from sandbox.errors import UsageError
from sandbox.runtime.access import access_gate


async def refusal(answer) -> tuple[int, str]:
    body = await answer.json()
    assert body["error"]["hint"]
    return answer.status, body["error"]["code"]


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Bearer t0ken2", "Basic t0ken", "t0ken", "Bearer tökén"],
)
async def test_a_missing_or_wrong_token_is_401(http, authorization) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    http.session.headers.pop("Authorization", None)
    answer = await http.get("/v1/status", headers=headers, skip_auto_headers=["Authorization"])
    assert await refusal(answer) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_the_right_token_opens_whatever_the_case_of_its_scheme(http) -> None:
    assert (await http.get("/v1/status", headers={"Authorization": "bearer t0ken"})).status == 200


async def test_a_token_in_the_query_opens_a_websocket_only(http) -> None:
    none = {"Authorization": ""}
    assert (await http.get("/v1/status?token=t0ken", headers=none)).status == 401
    async with http.ws_connect("/v1/stream?token=t0ken", headers=none) as socket:
        assert (await socket.receive_json(timeout=5))["next"] == 0
    with pytest.raises(WSServerHandshakeError) as raised:
        await http.ws_connect("/v1/stream?token=wrong", headers=none)
    assert raised.value.status == 401


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST:8099", "localhost.", "127.0.0.1:8099", "[::1]:8099", "[::1]", "sandbox.lan:8099"],
)
async def test_loopback_and_the_advertised_host_may_be_asked_for(http, host) -> None:
    assert (await http.get("/v1/status", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8099", "localhost.evil.example", "127.0.0.1.evil.example", "evil@localhost", "",
     "[::1", "localhost:port", "localhost/", "192.168.0.7:8099"],
)  # fmt: skip
async def test_another_host_is_403_even_with_the_token(http, host) -> None:
    answer = await http.get("/v1/status", headers={"Host": host})
    assert await refusal(answer) == (403, "FORBIDDEN")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost.evil.example", "file://", "", "chrome-extension://x"]
)
async def test_a_page_of_a_foreign_origin_is_403(http, origin) -> None:
    answer = await http.get("/v1/status", headers={"Origin": origin})
    assert await refusal(answer) == (403, "FORBIDDEN")


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "https://sandbox.lan"])
async def test_a_local_page_may_ask(http, origin) -> None:
    assert (await http.get("/v1/status", headers={"Origin": origin})).status == 200


async def test_a_foreign_page_cannot_open_the_stream(http) -> None:
    with pytest.raises(WSServerHandshakeError) as raised:
        await http.ws_connect("/v1/stream", headers={"Origin": "https://evil.example"})
    assert raised.value.status == 403


async def test_the_openapi_document_needs_no_token_but_a_local_host(http) -> None:
    assert (await http.get("/openapi.json", headers={"Authorization": ""})).status == 200
    assert (await http.get("/openapi.json", headers={"Host": "evil.example"})).status == 403


async def test_an_unknown_path_is_no_news_for_strangers(http) -> None:
    assert (await http.get("/v1/nothing", headers={"Authorization": ""})).status == 401


def test_an_empty_token_is_no_token() -> None:
    with pytest.raises(UsageError):
        access_gate("")
