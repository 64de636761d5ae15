"""The request boundary: what a request must pass before its handler, and every refusal in the seed's form."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

from aiohttp import web

from sandbox.contracts.envelope import ApiError, ErrorCode
from sandbox.errors import EnvironmentFailure
from sandbox.services.http.exchange import Exchange
from sandbox.services.http.route import Handler
from sandbox.services.http.stray import stray_message

__all__ = ["Check", "boundary"]

Check = Callable[[Exchange], web.StreamResponse | None]
"""Lets a request pass (None), answers it, or refuses it by an ApiError."""
_log = logging.getLogger("sandbox.access")


def boundary(name: str, urls: Mapping[str, str], checks: Sequence[Check]) -> Handler:
    """Run the checks in order, then the handler; whatever is raised becomes an answer.

    This is the one place of the services' REST side with a broad except: a handler's bug must reach the client as
    500 INTERNAL_ERROR and the log with its ids, and must not end the connection unexplained.
    """

    async def serve(exchange: Exchange) -> web.StreamResponse:
        try:
            for check in checks:
                answer = check(exchange)
                if answer is not None:
                    return answer
            return await exchange.endpoint.handle(exchange)
        except ApiError as error:
            return exchange.error(error)
        except web.HTTPException as answer:
            return exchange.error(_as_api_error(answer, exchange.request, name, urls))
        except EnvironmentFailure as error:
            # The store, Kafka or another service is away: the caller may try again.
            _log.warning("%s on %s %s: %s", name, exchange.request.method, exchange.request.raw_path, error.render())
            return exchange.error(ApiError(ErrorCode.SERVICE_UNAVAILABLE))
        except Exception:  # noqa: BLE001 - the request boundary, see above
            _log.exception(
                "%s failed on %s %s", name, exchange.request.method, exchange.request.raw_path, extra={"service": name}
            )
            return exchange.error(ApiError(ErrorCode.INTERNAL_ERROR))

    return serve


def _as_api_error(answer: web.HTTPException, request: web.Request, name: str, urls: Mapping[str, str]) -> ApiError:
    """aiohttp's own refusals in the seed's words; a status without a code of its own borrows the nearest one."""
    if isinstance(answer, web.HTTPMethodNotAllowed):
        message = f"{request.method} is not allowed here"
        allow = ", ".join(sorted(answer.allowed_methods))
        return ApiError(ErrorCode.VALIDATION_ERROR, message, status=405, headers={"Allow": allow})
    if isinstance(answer, web.HTTPRequestEntityTooLarge):
        return ApiError(ErrorCode.VALIDATION_ERROR, "Request body is too large", status=413)
    if answer.status == 404:
        elsewhere = stray_message(name, request.path, urls)
        return ApiError(ErrorCode.NOT_FOUND, elsewhere or f"Nothing is at {request.path}")
    code = next((each for each in ErrorCode if each.status == answer.status), None)
    if code is None:
        code = ErrorCode.VALIDATION_ERROR if answer.status < 500 else ErrorCode.INTERNAL_ERROR
    return ApiError(code, answer.reason, status=answer.status)
