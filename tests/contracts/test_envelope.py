import pytest

from sandbox.contracts.envelope import ApiError, ErrorCode, FieldError, Meta, Pagination, envelope, error_body
from sandbox.contracts.node_id import NODE_ID_MESSAGE

META = Meta("req-abc123", 1733220000000)


@pytest.mark.spec(
    "ENVELOPE-DATA",
    "ENVELOPE-PAGE",
    "ENVELOPE-REQUEST-ID",
    "ENVELOPE-SIZE",
    "ENVELOPE-TIMESTAMP",
    "ENVELOPE-TOTAL-ELEMENTS",
    "ENVELOPE-TOTAL-PAGES",
)
def test_an_answer_is_data_and_meta() -> None:
    meta = Meta("req-abc123", 1733220000000, Pagination(0, 20, 150))
    assert envelope([1], meta) == {
        "data": [1],
        "meta": {
            "requestId": "req-abc123",
            "timestamp": "2024-12-03T10:00:00Z",
            "pagination": {"page": 0, "size": 20, "totalElements": 150, "totalPages": 8},
        },
    }


@pytest.mark.spec("ERROR-CODE", "ERROR-DETAILS", "ERROR-MESSAGE", "ERROR-META", "ERROR-NODE-ID")
def test_an_error_names_every_invalid_field() -> None:
    body = error_body(ApiError.invalid([FieldError("scopeId", NODE_ID_MESSAGE)]), META)
    assert body["error"] == {
        "code": "VALIDATION_ERROR",
        "message": "Invalid request parameters",
        "details": [{"field": "scopeId", "message": "must match pattern rim:{nodeType}:{namespace}:{localId}"}],
    }
    assert body["meta"] == {"requestId": "req-abc123", "timestamp": "2024-12-03T10:00:00Z"}
    assert (body["status"], body["title"]) == (400, "Bad Request")


@pytest.mark.spec("RATE-429-BODY")
def test_a_rate_limited_answer_says_when_to_come_back() -> None:
    error = ApiError(ErrorCode.RATE_LIMITED, retry_after_s=60)
    assert error_body(error, META)["error"] == {
        "code": "RATE_LIMITED", "message": "Too many requests", "retryAfter": 60,
    }  # fmt: skip


@pytest.mark.spec(
    "ERROR-400", "ERROR-401", "ERROR-403", "ERROR-404", "ERROR-409", "ERROR-429", "ERROR-500", "ERROR-503"
)
def test_the_codes_have_the_specifications_statuses() -> None:
    assert {code.name: code.status for code in ErrorCode} == {
        "VALIDATION_ERROR": 400, "UNAUTHORIZED": 401, "FORBIDDEN": 403, "NOT_FOUND": 404, "CONFLICT": 409,
        "RATE_LIMITED": 429, "INTERNAL_ERROR": 500, "SERVICE_UNAVAILABLE": 503,
    }  # fmt: skip


def test_an_empty_list_has_no_pages() -> None:
    assert Pagination(0, 20, 0).to_json()["totalPages"] == 0
