"""REST clients of CAPSULE, ODYSSEY and PLATO that know the envelope, the tenant and the token."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from sandbox.contracts.tracing import TENANT_ID
from sandbox.errors import NotRunning, UpstreamUnavailable
from sandbox.pytest_plugin.backend import Backend
from sandbox.pytest_plugin.loop_thread import LoopThread, hide_told, in_loop

__all__ = ["Answer", "AsyncRest", "Rest"]

__tracebackhide__ = hide_told


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is decoded JSON, or text where it is none; None without a body. Header names are in lower case."""

    method: str
    url: str
    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def ok(self) -> bool:
        return self.status < 400

    @property
    def data(self) -> Any:
        """What the envelope holds, or the body where there is no envelope. Raises AssertionError for an error."""
        assert self.ok, f"{self}"
        return self.body["data"] if isinstance(self.body, dict) and {"data", "meta"} <= self.body.keys() else self.body

    @property
    def meta(self) -> Mapping[str, Any]:
        found = self.body.get("meta") if isinstance(self.body, dict) else None
        return found or {}

    @property
    def error(self) -> Mapping[str, Any]:
        """`{"code", "message", …}` of an error; empty when it is none."""
        found = self.body.get("error") if isinstance(self.body, dict) else None
        return found if isinstance(found, dict) else {}

    @property
    def request_id(self) -> str | None:
        return self.headers.get("x-request-id")

    def __str__(self) -> str:
        said = f": {self.error.get('code')} {self.error.get('message')}" if self.error else ""
        return f"{self.method} {self.url} → {self.status}{said}"


class AsyncRest:
    """One service. Calls carry the lease's tenant and a token of all scopes. Raises UpstreamUnavailable without an
    answer, NotRunning when the sandbox is without the service."""

    def __init__(self, backend: Backend, service: str, tenant: str | None, token: str | None) -> None:
        self._backend = backend
        self._service = service
        self._tenant = tenant
        self._token = token

    @property
    def loop(self) -> LoopThread:
        return self._backend.loop

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        url = getattr(self._backend.status.endpoints, self._service)
        if url is None:
            raise NotRunning(f"this sandbox is without {self._service}", hint="start it with that service")
        return str(url)

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def as_caller(self, *scopes: str) -> AsyncRest:
        """The same with a token of these scopes only; without any, with no credential at all."""
        token = self._backend.token(self._tenant, scopes) if scopes else None
        return AsyncRest(self._backend, self._service, self._tenant, token)

    @in_loop
    async def request(
        self,
        method: str,
        path: str,
        *,
        json_body: Any = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        given = {name: _query_text(value) for name, value in (query or {}).items() if value is not None}
        url, own = self.url + path, self._headers()
        try:
            async with self._backend.http.request(
                method, url, json=json_body, params=given, headers={**own, **(headers or {})}
            ) as answer:
                content = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise UpstreamUnavailable(
                f"{self._service} gave no answer: {error or type(error).__name__}", where=f"{method} {url}"
            ) from None
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return Answer(method, str(answer.url), answer.status, lower, _decoded(content))

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """`path` with `/api/v1`; further arguments are its query."""
        return await self.request("GET", path, query=query, headers=headers)

    async def post(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.request("POST", path, json_body=body, headers=headers)

    async def put(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.request("PUT", path, json_body=body, headers=headers)

    async def delete(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return await self.request("DELETE", path, headers=headers)

    def _headers(self) -> dict[str, str]:
        tenant = {TENANT_ID: self._tenant} if self._tenant else {}
        return tenant | ({"Authorization": f"Bearer {self._token}"} if self._token else {})


class Rest:
    """`AsyncRest` for tests that do not await."""

    def __init__(self, aio: AsyncRest) -> None:
        self.aio = aio

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return self.aio.url

    @property
    def ws_url(self) -> str:
        return self.aio.ws_url

    def as_caller(self, *scopes: str) -> Rest:
        """The same with a token of these scopes only; without any, with no credential at all."""
        return Rest(self.aio.as_caller(*scopes))

    def request(self, method: str, path: str, **given: Any) -> Answer:
        return self.aio.loop.run(self.aio.request(method, path, **given))

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """`path` with `/api/v1`; further arguments are its query."""
        return self.aio.loop.run(self.aio.get(path, headers=headers, **query))

    def post(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        return self.aio.loop.run(self.aio.post(path, body, headers=headers))

    def put(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
        return self.aio.loop.run(self.aio.put(path, body, headers=headers))

    def delete(self, path: str, *, headers: Mapping[str, str] | None = None) -> Answer:
        return self.aio.loop.run(self.aio.delete(path, headers=headers))


def _query_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Collection) and not isinstance(value, str):
        return ",".join(str(each) for each in value)
    return str(value)


def _decoded(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode("utf-8", errors="replace")
