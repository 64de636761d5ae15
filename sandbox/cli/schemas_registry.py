"""A blocking client of the Schema Registry on the standard library alone, for commands that must start fast."""

from __future__ import annotations

import base64
import difflib
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from sandbox.errors import AccessDenied, SandboxError, UnknownName, UpstreamUnavailable, UsageError

__all__ = ["INCOMPATIBLE", "Refused", "SchemaRegistry", "subject_path"]

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
NO_SUBJECT, NO_VERSION, NO_SCHEMA = 40401, 40402, 40403
INCOMPATIBLE = (409, 40901)
PAGE = 1000


class Refused(UsageError):
    """The registry's own refusal. `code` is its five-digit code, or the HTTP status."""

    def __init__(self, message: str, *, code: int, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.code = code


class SchemaRegistry:
    """Every call raises UpstreamUnavailable when the registry does not answer, AccessDenied for 401 and 403,
    UnknownName for a subject or version that there is not, and Refused for every other refusal.

    `user_info` is `user:password`. `timeout_s` bounds each wait on the network.
    """

    def __init__(self, url: str, *, user_info: str | None = None, timeout_s: float = 10.0) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE}
        if user_info:
            self._headers["Authorization"] = f"Basic {base64.b64encode(user_info.encode()).decode()}"
        self._timeout_s = timeout_s
        local = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        self._opener = urllib.request.build_opener(*([urllib.request.ProxyHandler({})] if local else []))

    def subjects(self, *, deleted: bool = False) -> list[str]:
        return self.call("GET", "/subjects", deleted=deleted)

    def latest_versions(self, *, deleted: bool = False) -> list[dict[str, Any]]:
        """The newest version of every subject."""
        found: list[dict[str, Any]] = []
        while True:
            query = {"latestOnly": True, "deleted": deleted, "offset": len(found), "limit": PAGE}
            page = self.call("GET", "/schemas", **query)
            found += page
            if len(page) < PAGE:
                return found

    def versions(self, subject: str, *, deleted: bool = False) -> list[int]:
        """Ascending."""
        return self.call("GET", subject_path(subject, "/versions"), subject=subject, deleted=deleted)

    def version(
        self, subject: str, version: str | int = "latest", *, deleted: bool = False, form: str | None = None
    ) -> dict[str, Any]:
        """`{subject, version, id, schema}`: `schema` is the text; `schemaType` is left out for Avro, `references`
        when there are none. `form` "resolved" gives an Avro schema in one piece, without references."""
        if deleted and version == "latest":  # the registry's own latest is never a deleted one
            version = self.versions(subject, deleted=True)[-1]
        path = subject_path(subject, f"/versions/{quote(str(version), safe='-')}")
        return self.call("GET", path, subject=subject, deleted=deleted, format=form)

    def registered(self, subject: str, body: dict[str, Any], **query: Any) -> dict[str, Any] | None:
        """The version of the subject that holds this very schema, None if none does."""
        try:
            return self.call("POST", subject_path(subject), body, **query)
        except Refused as error:
            if error.code in (NO_SUBJECT, NO_SCHEMA):
                return None
            raise

    def config(self, subject: str | None) -> dict[str, Any]:
        """The settings that hold for a subject (its own or the global ones), or the global ones."""
        path = f"/config/{quote(subject, safe='')}" if subject else "/config"
        return self.call("GET", path, defaultToGlobal=True if subject else None)

    def referrers(self, subject: str, version: int) -> list[tuple[str, int]]:
        """Subject and version of what refers to a version."""
        ids = self.call("GET", subject_path(subject, f"/versions/{version}/referencedby"))
        uses = (each for found in ids for each in self.call("GET", f"/schemas/ids/{found}/versions"))
        return sorted({(each["subject"], each["version"]) for each in uses})

    def call(self, method: str, path: str, body: Any = None, *, subject: str | None = None, **query: Any) -> Any:
        """JSON in, JSON out. True in the query is written `true`; False and None are left out. With `subject`, what
        is missing is named with its nearest neighbours."""
        told = {key: "true" if value is True else value for key, value in query.items() if value not in (None, False)}
        url = f"{self.url}{path}" + (f"?{urlencode(told)}" if told else "")
        payload = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, payload, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=self._timeout_s) as answer:
                content = answer.read()
            return json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            with error:
                status, content = error.code, error.read()
        except (OSError, HTTPException, ValueError) as error:
            raise self._away(str(getattr(error, "reason", error))) from None
        raise self._refusal(status, content, subject)

    def unknown(self, subject: str) -> UnknownName:
        """The error for a subject that there is not, with the nearest name."""
        known = self.subjects()
        near = [each for each in known if each == f"{subject}-value"] or difflib.get_close_matches(subject, known, 1)
        hint = f"did you mean {near[0]}?" if near else "`sandbox schemas list` has them all"
        return UnknownName(f"there is no subject {subject!r}", where="SUBJECT", hint=hint)

    def _refusal(self, status: int, content: bytes, subject: str | None) -> SandboxError:
        try:
            answer = json.loads(content)
            code, message = int(answer["error_code"]), str(answer["message"])
        except (ValueError, KeyError, TypeError):
            code, message = status, content[:200].decode(errors="replace").strip() or f"HTTP {status}"
        if status in (401, 403):
            return AccessDenied(
                "the registry wants a user and password",
                where=self.url,
                hint="put them into SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO=user:password",
            )
        if status >= 500:
            return self._away(f"{message} ({code})")
        if subject is not None and code == NO_SUBJECT:
            return self.unknown(subject)
        if subject is not None and code == NO_VERSION:
            known = ", ".join(map(str, self.versions(subject)))
            return UnknownName(f"{subject} has not this version", where="version", hint=f"it has {known}")
        return Refused(f"the registry refused: {message} ({code})", code=code, where=subject)

    def _away(self, why: str) -> UpstreamUnavailable:
        return UpstreamUnavailable(
            f"the Schema Registry does not answer: {why}", where=self.url, hint="see `sandbox status`"
        )


def subject_path(subject: str, rest: str = "") -> str:
    return f"/subjects/{quote(subject, safe='')}{rest}"
