"""Every error that the registry answers with: Confluent's codes, statuses and words.

A code of five digits carries its HTTP status in the first three; shorter ones are the status itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.errors import SandboxError

__all__ = ["Refusal"]

MAX_ID = 2**31 - 1
LEVELS_TEXT = "none, backward, forward, full, backward_transitive, forward_transitive, and full_transitive"
MODES_TEXT = "READWRITE, READONLY, READONLY_OVERRIDE, IMPORT, FORWARD"


class Refusal(SandboxError):
    """A request that is answered `{"error_code": code, "message": message}`."""

    def __init__(self, code: int, message: str, *, status: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code
        self.status = status or (code if code < 1000 else code // 100)


# Not found


def not_found(message: str = "HTTP 404 Not Found") -> Refusal:
    return Refusal(404, message)


def subject_not_found(subject: str) -> Refusal:
    return Refusal(40401, f"Subject '{subject}' not found.")


def version_not_found(version: int) -> Refusal:
    """For `latest` the number shown is -1."""
    return Refusal(40402, f"Version {version} not found.")


def schema_not_found(schema_id: object = None) -> Refusal:
    return Refusal(40403, "Schema not found" if schema_id is None else f"Schema {schema_id} not found")


def subject_soft_deleted(subject: str) -> Refusal:
    return Refusal(40404, f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently")


def subject_not_soft_deleted(subject: str) -> Refusal:
    return Refusal(40405, f"Subject '{subject}' was not deleted first before being permanently deleted")


def version_soft_deleted(subject: str, version: int) -> Refusal:
    message = f"Subject '{subject}' Version {version} was soft deleted.Set permanent=true to delete permanently"
    return Refusal(40406, message)


def version_not_soft_deleted(subject: str, version: int) -> Refusal:
    message = f"Subject '{subject}' Version {version} was not deleted first before being permanently deleted"
    return Refusal(40407, message)


def no_subject_level(subject: str) -> Refusal:
    return Refusal(40408, f"Subject '{subject}' does not have subject-level compatibility configured")


def no_subject_mode(subject: str) -> Refusal:
    return Refusal(40409, f"Subject '{subject}' does not have subject-level mode configured")


# Conflicts and requests that cannot be carried out


def bad_request(message: str) -> Refusal:
    return Refusal(400, message)


def incompatible(subject: str, details: Sequence[str]) -> Refusal:
    message = f'Schema being registered is incompatible with an earlier schema for subject "{subject}"'
    return Refusal(40901, f"{message}, details: [{', '.join(details)}]")


def invalid_schema(message: str, *, hint: str | None = None) -> Refusal:
    return Refusal(42201, message, hint=hint)


def invalid_version(version: str) -> Refusal:
    allowed = 'Allowed values are between [1, 2^31-1] and the string "latest"'
    return Refusal(42202, f"The specified version '{version}' is not a valid version id. {allowed}")


def invalid_level() -> Refusal:
    return Refusal(42203, f"Invalid compatibility level. Valid values are {LEVELS_TEXT}")


def invalid_mode() -> Refusal:
    return Refusal(42204, f"Invalid mode. Valid values are {MODES_TEXT}")


def not_permitted(message: str) -> Refusal:
    return Refusal(42205, message)


def referenced(subject: str, version: int) -> Refusal:
    return Refusal(42206, f"One or more references exist to the schema {{subject={subject},version={version}}}.")


def id_mismatch(message: str) -> Refusal:
    return Refusal(42207, message)


def invalid_subject(subject: str) -> Refusal:
    return Refusal(42208, f"The specified subject '{subject}' is not a valid subject.")


def too_large(size_bytes: int, limit_bytes: int) -> Refusal:
    return Refusal(42209, f"Schema is too large: {size_bytes} bytes, the limit is {limit_bytes} bytes")


def invalid_rule_set(message: str) -> Refusal:
    return Refusal(42210, message)


def context_not_empty(context: str) -> Refusal:
    return Refusal(42211, f"The specified context '{context}' is not empty.")


# The store behind


def store_failed(message: str) -> Refusal:
    return Refusal(50001, f"Error in the backend data store: {message}")


def timed_out(what: str) -> Refusal:
    return Refusal(50002, f"{what} operation timed out")


def unreachable(what: str) -> Refusal:
    return Refusal(50003, f"Error while forwarding the {what} request to the leader: {what} needs Kafka, which is away")
