"""Secrets do not survive, and what only looks a little like one does."""

import pytest

from sandbox.contracts.redaction import REDACTED, is_secret_name, redact, redact_path, redact_text

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
KEY = "butterfly_dev_" + "a1" * 16


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "apiKey",
        "api_key",
        "X-API-Key",
        "access_token",
        "clientSecret",
        "Authorization",
        "sessionToken",
        "sig",
    ],
)
def test_names_of_secrets_are_known_however_they_are_written(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["key", "author", "tokenized", "idempotencyKey", "scopeId", "passed", "compass", "signal"]
)
def test_other_names_are_left_alone(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (f"Bearer {JWT}", REDACTED),
        (f"use {JWT} now", f"use {REDACTED} now"),
        (f"key {KEY}.", f"key {REDACTED}."),
        ("postgres://me:pw@host/db", f"postgres://{REDACTED}@host/db"),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc", REDACTED),
    ],
)
def test_secrets_are_known_by_how_they_look(text: str, kept: str) -> None:
    assert redact_text(text) == kept


@pytest.mark.parametrize(
    "text", ["rim:entity:finance:EURUSD", "plan_123", "3f2a7d1e-0000-4000-8000-000000000001", "basic"]
)
def test_ids_and_words_stay(text: str) -> None:
    assert redact_text(text) == text


def test_a_document_loses_its_secrets_at_any_depth() -> None:
    document = {"user": {"password": "pw", "name": "n"}, "tokens": ["a", "b"], "count": 3, "list": [{"apiKey": 5}, JWT]}
    assert redact(document) == {
        "user": {"password": REDACTED, "name": "n"}, "tokens": [REDACTED, REDACTED], "count": 3,
        "list": [{"apiKey": REDACTED}, REDACTED],
    }  # fmt: skip


def test_a_query_loses_the_values_of_secret_parameters_and_keeps_the_rest() -> None:
    path = f"/api/v1/x?page=0&access_token=abc&q=%7B&sort=a,b&next=Bearer+{JWT}"
    assert redact_path(path) == f"/api/v1/x?page=0&access_token={REDACTED}&q=%7B&sort=a,b&next={REDACTED}"
    assert redact_path("/a/b") == "/a/b"
