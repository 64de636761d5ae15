"""A blocking client of the control API on the standard library alone, for commands that must start fast."""

from __future__ import annotations

import http.client
import json
import os
from typing import Any
from urllib.parse import urlsplit

from sandbox.contracts.link_error import raise_for
from sandbox.errors import NotRunning, UsageError

__all__ = ["QuickClient"]


class QuickClient:
    """JSON in, JSON out; one connection for each call, at most `timeout_s` seconds for each wait on the network.

    Every call raises NotRunning when nothing answers as a sandbox does, and what the engine raised when it refuses.
    """

    def __init__(self, url: str, token: str, *, timeout_s: float = 5.0) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise UsageError("the control API has an http:// URL", where=url, hint="see SANDBOX_CONTROL_URL")
        try:
            self._port = parts.port or 80
        except ValueError:
            raise UsageError("the port of the control API is no port number", where=url) from None
        self.url = f"http://{parts.netloc}"
        self._host = parts.hostname
        self._token = token
        self._timeout_s = timeout_s

    def get(self, path: str) -> Any:
        """`path` starts with `/v1/` and carries its query."""
        return self._call("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self._call("POST", path, body)

    def put(self, path: str, body: Any) -> Any:
        return self._call("PUT", path, body)

    def delete(self, path: str) -> Any:
        return self._call("DELETE", path)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout_s)
        try:
            connection.request(method, path, body=payload, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError:
            raise NotRunning(
                f"the sandbox does not answer within {self._timeout_s:g} s",
                where=self.url,
                hint="see `sandbox logs`; `sandbox down` ends it",
            ) from None
        except OSError as error:
            hint = "start one with `sandbox up`"
            if os.environ.get("SANDBOX_CONTROL_URL") == self.url:
                hint += ", or forget the exported one: `unset SANDBOX_CONTROL_URL`"
            raise NotRunning(f"no sandbox answers: {error.strerror or error}", where=self.url, hint=hint) from None
        except http.client.HTTPException:
            raise self._stranger() from None
        finally:
            connection.close()
        return self._decode(answer.status, content)

    def _decode(self, status: int, content: bytes) -> Any:
        if not content:
            raise_for(status, None)
            return None
        try:
            decoded = json.loads(content)
        except ValueError:
            raise_for(status, None)
            raise self._stranger() from None
        raise_for(status, decoded)
        return decoded

    def _stranger(self) -> NotRunning:
        return NotRunning(
            "something answers there, but not as a sandbox does", where=self.url, hint="see `sandbox status`"
        )
