from __future__ import annotations

import time

import jwt
import pytest

from sandbox.services.settings import HttpSettings

KEY = HttpSettings(secret="t0ken").signing_key


@pytest.fixture(autouse=True)
def _known(control) -> None:
    """The sandbox that the tokens are for."""


def claims_of(token: str, **options: bool) -> dict[str, object]:
    return jwt.decode(token, KEY, algorithms=["HS256"], options=options)


def test_the_bare_token_stands_alone_on_stdout_and_what_it_says_on_stderr(sandbox) -> None:
    done = sandbox("token", "--scope", "read:capsules", "--scope", "execute:plans", "--expires", "2h")
    (line,) = done.out.splitlines()
    claims = claims_of(line)
    assert claims["scope"] == "read:capsules execute:plans"
    assert claims["exp"] - claims["iat"] == 7200
    assert abs(claims["iat"] - time.time()) < 5
    assert "developer may read:capsules, execute:plans" in done.err
    assert "expires 20" in done.err


def test_subject_and_tenant_are_claims(sandbox) -> None:
    done = sandbox("token", "--scope", "admin", "--subject", "alice", "--tenant", "lease-1")
    claims = claims_of(done.out.strip())
    assert (claims["sub"], claims["tenant"], claims["scope"]) == ("alice", "lease-1", "admin")


def test_json_has_the_token_its_claims_and_its_end(sandbox) -> None:
    done = sandbox("token", "--scope", "read:capsules,write:specs", "--json")
    found = done.json
    assert claims_of(found["token"]) == found["claims"]
    assert found["claims"]["scope"] == "read:capsules write:specs"
    assert found["expiresAt"].endswith("Z")
    assert done.err == ""


def test_a_token_that_has_expired_already_can_be_had_for_tests(sandbox) -> None:
    done = sandbox("token", "--scope", "admin", "--expires=-1m")
    assert "expired 20" in done.err
    with pytest.raises(jwt.ExpiredSignatureError):
        claims_of(done.out.strip())


def test_a_scope_that_no_route_asks_for_is_allowed_and_the_nearest_one_is_named(sandbox) -> None:
    done = sandbox("token", "--scope", "read:capsule")
    assert done.code == 0
    assert claims_of(done.out.strip())["scope"] == "read:capsule"
    assert "did you mean read:capsules?" in done.err


@pytest.mark.parametrize("expires", ["1", "1 hour", "0s", "", "1.5h", "99999999999s"])
def test_a_span_that_is_none_is_a_usage_error(sandbox, expires) -> None:
    done = sandbox("token", "--scope", "admin", f"--expires={expires}")
    assert (done.code, done.out) == (2, "")
    assert "--expires" in done.err and "write 30s, 15m, 1h or 7d" in done.err


def test_a_token_without_a_scope_is_a_usage_error(sandbox) -> None:
    assert sandbox("token").code == 2
    assert sandbox("token", "--scope", " ").code == 2
