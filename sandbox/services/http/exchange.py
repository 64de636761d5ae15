"""One request and its answer, as a handler sees them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from json.encoder import encode_basestring_ascii as quote
from typing import TYPE_CHECKING, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from sandbox.contracts.envelope import ApiError, ErrorCode, FieldError, Meta, Pagination, error_body
from sandbox.contracts.instants import format_instant
from sandbox.contracts.tracing import TraceContext
from sandbox.services.http.fields import invalid_fields
from sandbox.services.http.principal import ANYONE, Principal

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.services.http.route import Endpoint

__all__ = ["DEFAULT_TENANT", "DIALECTS", "Exchange", "encode_json"]

Model = TypeVar("Model", bound=BaseModel)

DIALECTS = ("envelope", "bare", "page")
DIALECT_HEADER = "X-Sandbox-Dialect"
DEFAULT_TENANT = "default"
QUERIES_LIMIT = 100
JSON_TYPE = "application/json"
_moment = lru_cache(maxsize=16)(format_instant)
"""Many answers go out within one millisecond."""
_encode: Callable[[Any], str] = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


def encode_json(value: Any) -> str:
    """Compact JSON; what is kept in a store as text goes out by `ok_json` and `page_json` without another encoding."""
    return _encode(value)


class Exchange:
    """A request with its trace, tenant and caller, and the ways to answer it.

    `path` holds the pattern's parameters, `response_headers` what every answer to this request carries.
    `limiters` holds the rate limiters that a fault has put in place of the service's, by class of request.
    """

    __slots__ = (
        "_default_dialect", "client", "clock", "endpoint", "limiters", "principal", "request", "response_headers",
        "trace",
    )  # fmt: skip

    def __init__(
        self, request: web.Request, trace: TraceContext, clock: Clock, default_dialect: str, endpoint: Endpoint
    ) -> None:
        self.request = request
        self.trace = trace
        self.clock = clock
        self.principal: Principal = ANYONE
        self.client: str | None = None
        self.endpoint = endpoint
        self.limiters: Mapping[str, Any] | None = None
        self.response_headers: dict[str, str] = {}
        self._default_dialect = default_dialect

    @property
    def route(self) -> str:
        """The pattern that matched, or "unmatched"."""
        return self.endpoint.label

    @property
    def tenant(self) -> str:
        return self.trace.tenant or DEFAULT_TENANT

    @property
    def path(self) -> Mapping[str, str]:
        return self.request.match_info

    @property
    def dialect(self) -> str:
        """Raises ApiError when the request asks for one that does not exist."""
        asked = self.request.headers.get(DIALECT_HEADER)
        if asked is None:
            return self._default_dialect
        if asked not in DIALECTS:
            raise ApiError.invalid([FieldError(DIALECT_HEADER, f"must be one of {', '.join(DIALECTS)}")])
        return asked

    def query(self, model: type[Model]) -> Model:
        """The query parameters, not to be changed. Raises ApiError that names every invalid one."""
        asked = (model, self.request.rel_url.raw_query_string)
        queries = self.endpoint.queries
        known = queries.get(asked)
        if known is not None:
            return known  # type: ignore[return-value]
        try:
            query = model.model_validate(dict(self.request.query))
        except ValidationError as error:
            raise invalid_fields(error, whole="query") from None
        if len(queries) >= QUERIES_LIMIT:
            del queries[next(iter(queries))]
        queries[asked] = query
        return query

    async def body(self, model: type[Model], *, optional: bool = False) -> Model:
        """The JSON body. No body at all counts as `{}` where nothing in it is required, or with `optional`.

        Raises ApiError: 400 with every invalid field or for malformed JSON, 413, 415.
        """
        raw = await self._read()
        if not raw and (optional or not any(field.is_required() for field in model.model_fields.values())):
            value: Any = {}
        else:
            self._check_content_type()
            value = decode_json(raw)
        if not isinstance(value, dict):
            raise ApiError.invalid([FieldError("body", "must be a JSON object")])
        return validate_body(model, value)

    async def _read(self) -> bytes:
        try:
            return await self.request.read()
        except web.RequestPayloadError:
            encoding = self.request.headers.get("Content-Encoding", "identity")
            raise ApiError.invalid(
                [FieldError("body", f"is not whole, or not in Content-Encoding {encoding}")]
            ) from None

    def ok(
        self,
        data: Any,
        status: int = 200,
        meta: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        """`{data, meta}` with `meta`'s members beside the standard ones, or just `data` in the other dialects."""
        return self.ok_json(_encode(data), status, meta, headers)

    def ok_json(
        self,
        data: str,
        status: int = 200,
        meta: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        """`ok` for data that is JSON text already."""
        if self.dialect == "envelope":
            data = f'{{"data":{data},"meta":{{{self._meta(meta)}}}}}'
        return self._answer(data, status, headers)

    def page(self, items: Iterable[Any], pagination: Pagination, meta: Mapping[str, Any] | None = None) -> web.Response:
        """One page of a list: `data` and `meta.pagination`, a bare array, or Spring's page."""
        return self.page_json([_encode(item) for item in items], pagination, meta)

    def page_json(
        self, items: list[str], pagination: Pagination, meta: Mapping[str, Any] | None = None
    ) -> web.Response:
        """`page` for items that are JSON text already."""
        dialect, listed = self.dialect, f"[{','.join(items)}]"
        page, size, total = pagination.page, pagination.size, pagination.total_elements
        pages = -(-total // size)
        if dialect == "bare":
            return self._answer(listed, 200, {"X-Total-Count": str(pagination.total_elements)})
        if dialect == "page":
            text = f'{{"content":{listed},"totalElements":{total},"totalPages":{pages},"number":{page},"size":{size}}}'
            return self._answer(text, 200, None)
        numbers = f'{{"page":{page},"size":{size},"totalElements":{total},"totalPages":{pages}}}'
        return self._answer(f'{{"data":{listed},"meta":{{{self._meta(meta)},"pagination":{numbers}}}}}', 200, None)

    def plain(self, body: Any, status: int = 200) -> web.Response:
        """JSON without an envelope, in every dialect (actuator, OpenAPI document)."""
        return self._answer(_encode(body), status, None)

    def no_content(self) -> web.Response:
        return web.Response(status=204)

    def error(self, error: ApiError) -> web.Response:
        """The seed's `{error, meta}` in every dialect."""
        body = error_body(
            error, Meta(self.trace.request_id, self.clock.now_ms()), instance=self.request.rel_url.raw_path
        )
        headers = dict(error.headers)
        if error.retry_after_s is not None:
            headers["Retry-After"] = str(error.retry_after_s)
        return self._answer(_encode(body), error.status, headers)

    def _meta(self, extra: Mapping[str, Any] | None) -> str:
        text = f'"requestId":{quote(self.trace.request_id)},"timestamp":"{_moment(self.clock.now_ms())}"'
        return f"{text},{_encode(dict(extra))[1:-1]}" if extra else text

    def _answer(self, text: str, status: int, headers: Mapping[str, str] | None) -> web.Response:
        own = self.response_headers
        shown = {"Content-Type": JSON_TYPE, **headers, **own} if headers else {"Content-Type": JSON_TYPE, **own}
        return web.Response(body=text.encode(), status=status, headers=shown)

    def _check_content_type(self) -> None:
        kind = self.request.content_type
        if kind != JSON_TYPE and not (kind.startswith("application/") and kind.endswith("+json")):
            message = f"Content-Type must be {JSON_TYPE}"
            raise ApiError(ErrorCode.VALIDATION_ERROR, message, status=415, headers={"Accept": JSON_TYPE})


def validate_body(model: type[Model], value: dict[str, Any]) -> Model:
    """JSON's types as they are: `"5"` is no number and 1 is not true, but 60.0 is an integer. Raises ApiError."""
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        found = error
    if _make_whole(value, found):
        try:
            return model.model_validate(value, strict=True)
        except ValidationError as error:
            found = error
    raise invalid_fields(found)


def _make_whole(value: dict[str, Any], error: ValidationError) -> bool:
    """Turn `60.0` into 60 where an integer is asked for; whether there was any."""
    found = False
    for each in error.errors(include_url=False):
        number = each["input"]
        if each["type"] == "int_type" and isinstance(number, float) and number.is_integer():
            *path, last = each["loc"]
            holder: Any = value
            for part in path:
                holder = holder[part]
            holder[last] = int(number)
            found = True
    return found


def decode_json(raw: bytes) -> Any:
    """Strict JSON in UTF-8. Raises ApiError 400 that says where it stops being one."""
    try:
        value = json.loads(raw.decode(), parse_constant=_no_constant, parse_float=_finite)
        if b"\\u" in raw:
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is not text
    except json.JSONDecodeError as error:
        message = f"is not valid JSON: {error.msg} at line {error.lineno} column {error.colno}"
    except UnicodeError:
        message = "is not valid JSON: not UTF-8 text"
    except RecursionError:
        message = "is nested too deeply"
    except ValueError as error:
        message = f"is not valid JSON: {error}"
    else:
        return value
    raise ApiError(
        ErrorCode.VALIDATION_ERROR, "Malformed JSON", details=[{"field": "body", "message": message}]
    ) from None


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{text} is out of range")
    return number


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")
