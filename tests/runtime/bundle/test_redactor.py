"""Secrets are taken out of text and JSON; everything else stays as it is."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from sandbox.runtime.bundle.redactor import Redactor, secrets_of

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.abc-DEF_123"
KEY = "butterfly_test_" + "a1" * 16


@pytest.mark.parametrize(
    "line",
    [
        "the token is hunter-2 indeed",
        f"in base64 {base64.b64encode(b'hunter-2').decode()}",
        "as a parameter ?x=hunter-2&y=1",
    ],
)
def test_a_known_secret_is_hidden_wherever_it_stands(line: str) -> None:
    hidden = Redactor(["hunter-2"]).text(line)
    assert "hunter-2" not in hidden
    assert base64.b64encode(b"hunter-2").decode() not in hidden
    assert "***" in hidden


@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        (f"Authorization: Bearer {JWT}", "Authorization: Bearer ***"),
        ("got Basic dXNlcjpwYXNz now", "got Basic *** now"),
        (f"key {KEY}!", "key ***!"),
        ("http://user:pass@host:1/x", "http://***@host:1/x"),
        ("password=abc next", "password=*** next"),
        ('"password": "a \\" b", "x": 1', '"password": "***", "x": 1'),
        ("ssl.keystore.password: abc", "ssl.keystore.password: ***"),
        ('sasl.jaas.config=org.x.Login required username="u" password="p";', None),
        ("basic.auth.user.info=user:pass", "basic.auth.user.info=***"),
        ('api-keys = { "x" = 1 }', None),
    ],
)
def test_what_looks_like_a_secret_is_hidden(line: str, hidden: str | None) -> None:
    found = Redactor([]).text(line)
    if hidden is None:
        assert '"p"' not in found
    else:
        assert found == hidden


@pytest.mark.parametrize(
    "line", ["the token was refused", "key rim:entity:finance:EURUSD", "password: null", "GET /x 200", "tokens 5"]
)
def test_what_is_none_stays(line: str) -> None:
    assert Redactor([]).text(line) == line


def test_members_with_such_a_name_lose_their_value() -> None:
    given: dict[str, Any] = {
        "registry_users": {"u": "p"}, "api_keys": f"{KEY}=*", "nested": [{"Authorization": "x", "port": 1}],
        "token": None, "password": "", "key": "rim", "tokens": 3,
    }  # fmt: skip
    assert Redactor([]).value(given) == {
        "registry_users": "***", "api_keys": "***", "nested": [{"Authorization": "***", "port": 1}],
        "token": None, "password": "", "key": "rim", "tokens": 3,
    }  # fmt: skip
    assert json.dumps(Redactor(["rim"]).value({"a": "rim"})), "too short a secret tears no holes"


def test_a_sandboxs_secrets_are_its_token_keys_passwords_and_such_variables() -> None:
    plan = {"registry_users": {"admin": "pw-one"}, "api_keys": f"{KEY}=read:capsules"}
    environ = {
        "SANDBOX_TOKEN": "tok",
        "X_PASSWORD": "pw-two",
        "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO": "me:pw-three",
        "HOME": "/x",
    }
    assert set(secrets_of("t0ken", plan, environ)) == {
        "t0ken", "pw-one", KEY, "tok", "pw-two", "me:pw-three", "pw-three",
    }  # fmt: skip
