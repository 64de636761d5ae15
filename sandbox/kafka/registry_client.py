"""Client of a Confluent-compatible Schema Registry: only what serializers, deserializers and start-up need."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from sandbox.errors import SandboxError, UpstreamUnavailable, UsageError

__all__ = ["RegisteredSchema", "RegistryClient", "RegistryRefused", "SchemaUnknown"]

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class RegistryRefused(SandboxError):
    """The registry answered with an error. `code` is its own five-digit code (or the HTTP status)."""

    def __init__(self, message: str, *, status: int, code: int, where: str, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.status = status
        self.code = code


class SchemaUnknown(RegistryRefused):
    """404: no such schema, subject or version."""


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    subject: str
    version: int
    schema_id: int
    schema: Any


class RegistryClient:
    """Ids and schemas never change once given, so both are remembered for the life of the client.

    Every call raises UpstreamUnavailable when the registry cannot be reached within `timeout_s`, SchemaUnknown on 404,
    and RegistryRefused on any other error answer.
    """

    def __init__(
        self, url: str, *, user: str | None = None, password: str | None = None, timeout_s: float = 5.0
    ) -> None:
        self.url = url.rstrip("/")
        self._auth = {"Authorization": _basic(user, password or "")} if user else {}
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._schemas: dict[int, Any] = {}
        self._asked: dict[int, asyncio.Task[Any]] = {}
        self._ids: dict[tuple[str, str], int] = {}

    async def __aenter__(self) -> RegistryClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        session, self._session = self._session, None
        for task in self._asked.values():
            task.cancel()
        if session is not None:
            await session.close()

    async def register(self, subject: str, schema: Mapping[str, Any] | str) -> int:
        """The id of `schema` under `subject`, which gets a new version if it had not this one."""
        text = _canonical(schema)
        if (subject, text) not in self._ids:
            answer = await self._call("POST", f"/subjects/{_quoted(subject)}/versions", {"schema": text})
            self._ids[subject, text] = answer["id"]
        return self._ids[subject, text]

    async def lookup(self, subject: str, schema: Mapping[str, Any] | str) -> int:
        """The id that `schema` has under `subject`, without registering it. Raises SchemaUnknown."""
        text = _canonical(schema)
        if (subject, text) not in self._ids:
            answer = await self._call("POST", f"/subjects/{_quoted(subject)}", {"schema": text})
            self._ids[subject, text] = answer["id"]
        return self._ids[subject, text]

    async def schema(self, schema_id: int) -> Any:
        """The schema with this id. Callers that ask at the same time share one request. Raises SchemaUnknown."""
        if schema_id in self._schemas:
            return self._schemas[schema_id]
        task = self._asked.get(schema_id)
        if task is None:
            task = self._asked[schema_id] = asyncio.create_task(self._fetch(schema_id))
            task.add_done_callback(lambda done: self._answered(schema_id, done))
        return await asyncio.shield(task)

    async def latest(self, subject: str) -> RegisteredSchema:
        """The newest version of `subject`. Raises SchemaUnknown."""
        return await self.version(subject)

    async def version(self, subject: str, version: int | None = None) -> RegisteredSchema:
        """A version of `subject`, the newest when left out. Raises SchemaUnknown, UsageError when it is not Avro."""
        answer = await self._call("GET", f"/subjects/{_quoted(subject)}/versions/{version or 'latest'}")
        if (kind := answer.get("schemaType", "AVRO")) != "AVRO":
            raise UsageError(f"{subject} is {kind}, not AVRO", where=self.url)
        return RegisteredSchema(answer["subject"], answer["version"], answer["id"], _parsed(answer["schema"]))

    async def subjects(self) -> list[str]:
        return await self._call("GET", "/subjects")

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Any other question. `path` has its names quoted. Raises SchemaUnknown for a 404, else RegistryRefused."""
        return await self._call(method, path, body)

    def forget(self) -> None:
        """Ask anew for what is known: ids may have changed."""
        self._schemas.clear()
        self._ids.clear()

    async def _fetch(self, schema_id: int) -> Any:
        answer = await self._call("GET", f"/schemas/ids/{schema_id}")
        kind = answer.get("schemaType", "AVRO")
        if kind != "AVRO":
            raise UsageError(f"schema {schema_id} is {kind}, not AVRO", where=self.url)
        self._schemas[schema_id] = parsed = _parsed(answer["schema"])
        return parsed

    def _answered(self, schema_id: int, task: asyncio.Task[Any]) -> None:
        del self._asked[schema_id]
        if not task.cancelled():
            task.exception()  # seen by whoever still waits; nobody may be left

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout_s),
                headers={"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE, **self._auth},
            )
        data = None if body is None else json.dumps(body).encode()
        url = URL(f"{self.url}{path}", encoded=True)
        try:
            async with self._session.request(method, url, data=data) as response:
                text = await response.text()
                if response.status < 400:
                    return json.loads(text)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise self._unavailable(str(error) or type(error).__name__) from error
        if response.status >= 500:
            raise self._unavailable(f"HTTP {response.status} {text[:200]}")
        raise _refusal(f"{self.url}{path}", response.status, text)

    def _unavailable(self, why: str) -> UpstreamUnavailable:
        return UpstreamUnavailable(
            f"the Schema Registry at {self.url} does not answer: {why}",
            where=self.url,
            hint="see `sandbox status`; the registry is the service schema-registry",
        )


def _refusal(where: str, status: int, text: str) -> RegistryRefused:
    try:
        answer = json.loads(text)
        code, message = int(answer["error_code"]), str(answer["message"])
    except (ValueError, KeyError, TypeError):
        code, message = status, text[:200].strip() or f"HTTP {status}"
    hints = {
        401: "give the registry's user and password",
        403: "give the registry's user and password",
        409: "the schema is not compatible with the subject's earlier versions",
    }
    kind = SchemaUnknown if status == 404 else RegistryRefused
    message = f"the Schema Registry refused: {message} ({code})"
    return kind(message, status=status, code=code, where=where, hint=hints.get(status))


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def _quoted(subject: str) -> str:
    return quote(subject, safe="")


def _canonical(schema: Mapping[str, Any] | str) -> str:
    return schema if isinstance(schema, str) else json.dumps(schema, separators=(",", ":"))


def _parsed(text: str) -> Any:
    """A schema's JSON; a bare type name such as `string` may come without quotes."""
    try:
        return json.loads(text)
    except ValueError:
        return text
