from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.errors import EnvironmentFailure, UsageError
from sandbox.runtime.embedded import server_properties as module
from sandbox.runtime.embedded.server_properties import Listener, listeners, server_properties


@pytest.fixture(autouse=True)
def _with_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_can_bind", lambda host: True)


def told(found: list[Listener]) -> list[tuple[str, str]]:
    return [(listener.address, listener.advertised) for listener in found]


def test_loopback_listeners_announce_themselves_on_one_port() -> None:
    assert told(listeners(("127.0.0.1", "::1"), 9092, None)) == [
        ("CLIENT://127.0.0.1:9092", "CLIENT://127.0.0.1:9092"),
        ("CLIENT6://[::1]:9092", "CLIENT6://[::1]:9092"),
    ]


def test_without_ipv6_there_is_one_listener(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_can_bind", lambda host: False)
    assert told(listeners(("127.0.0.1", "::1"), 9092, None)) == [("CLIENT://127.0.0.1:9092", "CLIENT://127.0.0.1:9092")]


def test_a_bound_address_takes_the_place_of_loopback_and_leaves_a_local_listener() -> None:
    assert told(listeners(("127.0.0.1", "::1", "192.0.2.7"), 9092, "box.example", 9094)) == [
        ("LOCAL://127.0.0.1:9094", "LOCAL://127.0.0.1:9094"),
        ("CLIENT://192.0.2.7:9092", "CLIENT://box.example:9092"),
        ("CLIENT6://[::1]:9092", "CLIENT6://box.example:9092"),
    ]


def test_a_bound_address_announces_itself_without_an_advertised_host() -> None:
    assert told(listeners(("127.0.0.1", "2001:db8::7"), 9092, None, 9094)) == [
        ("LOCAL://127.0.0.1:9094", "LOCAL://127.0.0.1:9094"),
        ("CLIENT://127.0.0.1:9092", "CLIENT://[2001:db8::7]:9092"),
        ("CLIENT6://[2001:db8::7]:9092", "CLIENT6://[2001:db8::7]:9092"),
    ]


@pytest.mark.parametrize(("wildcard", "address"), [("0.0.0.0", "CLIENT://0.0.0.0:9092"), ("::", "CLIENT6://[::]:9092")])
def test_a_wildcard_is_one_listener_beside_the_local_one(wildcard: str, address: str) -> None:
    found = told(listeners(("127.0.0.1", wildcard), 9092, "host.example", 9094))
    assert found[0] == ("LOCAL://127.0.0.1:9094", "LOCAL://127.0.0.1:9094")
    assert [listener for listener, _ in found[1:]] == [address]
    assert all("host.example:9092" in advertised for _, advertised in found[1:])


def test_two_addresses_of_one_family_are_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match=r"both 192\.0\.2\.7 and 192\.0\.2\.8") as failed:
        listeners(("127.0.0.1", "192.0.2.7", "192.0.2.8"), 9092, None)
    assert "0.0.0.0" in failed.value.hint


def test_the_properties_name_each_listener_and_the_controller() -> None:
    text = server_properties(Path("/data"), listeners(("127.0.0.1", "::1"), 9092, None), 9093)
    properties = dict(line.split("=", 1) for line in text.splitlines())
    assert properties["listeners"] == "CLIENT://127.0.0.1:9092,CLIENT6://[::1]:9092,CONTROLLER://127.0.0.1:9093"
    assert properties["advertised.listeners"] == "CLIENT://127.0.0.1:9092,CLIENT6://[::1]:9092"
    assert properties["listener.security.protocol.map"] == "CLIENT:PLAINTEXT,CLIENT6:PLAINTEXT,CONTROLLER:PLAINTEXT"
    assert properties["controller.quorum.voters"] == "1@127.0.0.1:9093"
    assert properties["auto.create.topics.enable"] == "false"
    assert "broker.session.timeout.ms" not in properties


def test_after_a_kill_the_session_is_short() -> None:
    text = server_properties(Path("/data"), listeners(("127.0.0.1",), 9092, None), 9093, quick_takeover=True)
    assert "broker.session.timeout.ms=1500\n" in text


def test_a_folder_of_any_name_survives_the_form_of_properties_files() -> None:
    text = server_properties(Path("/tmp/späße \\ 𝄞"), listeners(("127.0.0.1",), 9092, None), 9093)
    assert "log.dirs=/tmp/sp\\u00e4\\u00dfe \\\\ \\ud834\\udd1e\n" in text
    assert text.isascii()


def test_a_folder_that_kafka_would_take_for_two_is_refused() -> None:
    with pytest.raises(EnvironmentFailure, match="comma") as failed:
        server_properties(Path("/tmp/a,b"), listeners(("127.0.0.1",), 9092, None), 9093)
    assert "SANDBOX_STATE_ROOT" in failed.value.hint
