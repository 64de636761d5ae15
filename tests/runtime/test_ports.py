from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.config.folders import StateFolder
from sandbox.errors import PortTaken, UsageError
from sandbox.runtime import ports
from sandbox.runtime.ports import AUTO_PORTS, DEFAULT_PORTS, check_free, choose_ports, free_port, holder, is_free


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.spec("JS-CONNECT", "PRODUCER-BOOTSTRAP", "PRODUCER-REGISTRY")
def test_the_default_ports_are_those_that_everybody_knows() -> None:
    chosen = choose_ports("default", "any")
    assert {name: chosen[name] for name in ("kafka", "schema-registry", "plato", "odyssey", "capsule", "control")} == {
        "kafka": 9092,
        "schema-registry": 8081,
        "plato": 8080,
        "odyssey": 8082,
        "capsule": 8083,
        "control": 8099,
    }
    assert len(set(chosen.values())) == len(chosen)


def test_auto_is_the_same_free_block_for_a_name_below_the_systems_own_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    chosen = choose_ports("auto", "orders")
    assert chosen == choose_ports("auto", "orders")
    assert chosen != choose_ports("auto", "billing")
    assert chosen.keys() == DEFAULT_PORTS.keys()
    assert min(chosen.values()) >= AUTO_PORTS.start
    assert max(chosen.values()) < 32_768


def test_auto_steps_over_a_block_with_a_taken_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    first = choose_ports("auto", "orders")
    monkeypatch.setattr(ports, "is_free", lambda port: port != first["control"])
    second = choose_ports("auto", "orders")
    assert set(first.values()).isdisjoint(second.values())


def test_auto_gives_up_when_nothing_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "is_free", lambda port: False)
    with pytest.raises(PortTaken, match="no free block") as failed:
        choose_ports("auto", "orders")
    assert "--ports BASE" in failed.value.hint


def test_a_number_is_the_first_port_of_a_block() -> None:
    chosen = choose_ports("20000", "any")
    assert sorted(chosen.values()) == list(range(20_000, 20_000 + len(DEFAULT_PORTS)))
    assert chosen["kafka"] == 20_000


@pytest.mark.parametrize("wanted", ["", "none", "-1", "80", "65530", "٩٠٩٢", "9092.5"])
def test_anything_else_is_refused(wanted: str) -> None:
    with pytest.raises(UsageError, match="no choice of ports"):
        choose_ports(wanted, "any")


def test_free_ports_raise_nothing() -> None:
    check_free({"kafka": free_port()})


def test_a_taken_port_is_told_with_its_holder_and_the_way_out(taken: int) -> None:
    with pytest.raises(PortTaken) as failed:
        check_free({"capsule": free_port(), "kafka": taken})
    me = psutil.Process()
    assert failed.value.message == f"port {taken} (kafka) is taken by {me.name()} (pid {me.pid})"
    assert failed.value.where == f"127.0.0.1:{taken}"
    assert "--ports auto" in failed.value.hint


def test_all_taken_ports_are_told_at_once(taken: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTaken) as failed:
        check_free({"kafka": taken, "control": other.getsockname()[1]})
    assert "(kafka)" in failed.value.message
    assert "(control)" in failed.value.message


def test_the_sandbox_that_holds_ports_is_named_once(
    taken: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_STATE_ROOT", str(tmp_path))
    folder = StateFolder.of("desk")
    folder.create()
    folder.write_record({})
    folder.write_json(folder.engine_file, {"pid": 1, "children": {"kafka": [psutil.Process().pid, 0.0]}})
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortTaken) as failed:
            check_free({"kafka": taken, "control": port})
    assert failed.value.message == f"ports {taken} (kafka), {port} (control) are taken by sandbox desk"
    assert failed.value.hint.startswith(
        "stop it with `sandbox down --name desk`, or choose other ports: `--ports auto`"
    )


def test_a_holder_that_may_not_be_looked_at_is_another_process(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "net_connections", denied)
    assert holder(taken) is None
    with pytest.raises(PortTaken, match="another process"):
        check_free({"kafka": taken})


def test_a_server_on_every_address_takes_the_port() -> None:
    with socket.create_server(("0.0.0.0", 0)) as server:
        assert not is_free(server.getsockname()[1])


def test_a_server_on_ipv6_loopback_takes_the_port() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        assert not is_free(server.getsockname()[1])


def test_a_port_with_connections_of_a_server_that_ended_is_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()
        client.close()
    assert is_free(port)


def test_an_address_that_is_not_ours_takes_no_port() -> None:
    assert is_free(free_port(), bind="192.0.2.1")
