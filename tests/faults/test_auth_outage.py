"""No credential is told from another."""

from __future__ import annotations

from tests.faults.wire import Wire

KEY = "X-API-Key: butterfly_dev_" + "k" * 32


async def test_every_credential_is_refused(wire: Wire) -> None:
    assert (await wire.hear("/api/v1/things", KEY)).status == 200
    wire.fault("auth-outage")
    for header in (KEY, "Authorization: Bearer x.y.z"):
        heard = await wire.hear("/api/v1/things", header)
        assert heard.status == 401 and b'"code":"UNAUTHORIZED"' in heard.body
        assert heard.header("WWW-Authenticate") == 'Bearer error="invalid_token"'
    assert wire.asked == ["GET"]


async def test_who_shows_no_credential_goes_on(wire: Wire) -> None:
    wire.fault("auth-outage")
    assert (await wire.hear()).status == 200


async def test_the_service_may_say_that_it_cannot_check_them(wire: Wire) -> None:
    wire.fault("auth-outage", answer="unavailable")
    heard = await wire.hear("/api/v1/things", KEY)
    assert heard.status == 503 and b"Credentials cannot be checked now" in heard.body
