from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.runtime.docker.project import ImageNames, Project


def files(plan: Any) -> list[str]:
    return [file.name for file in Project(plan, "t0ken").files()]


def test_the_project_bears_the_name_with_a_prefix_of_ours(make_plan: Callable[..., Any]) -> None:
    project = Project(make_plan(), "t0ken")
    assert project.arguments()[-2:] == ["-p", "sandbox-shop"]
    assert project.environment()["SANDBOX_NETWORK"] == "sandbox-shop"


def test_up_never_builds_and_never_pulls(make_plan: Callable[..., Any]) -> None:
    arguments = Project(make_plan(), "t0ken").up_arguments()
    assert "--no-build" in arguments
    assert arguments[arguments.index("--pull") + 1] == "never"


def test_a_service_that_is_left_out_is_not_started(make_plan: Callable[..., Any]) -> None:
    arguments = Project(make_plan(processes={"audit": ["audit"]}), "t0ken").up_arguments()
    assert arguments[arguments.index("--no-deps") + 1 :] == ["kafka", "audit"]


def test_without_a_registry_nobody_waits_for_one(make_plan: Callable[..., Any]) -> None:
    told = Project(make_plan(processes={"audit": ["audit"]}), "t0ken").environment()
    assert told["SANDBOX_REGISTRY_URL"] == ""
    assert "SANDBOX_REGISTRY_URL" not in Project(make_plan(), "t0ken").environment()


def test_services_are_told_of_the_engine_only_where_they_reach_it(make_plan: Callable[..., Any]) -> None:
    with_way, without = (Project(make_plan(engine_reachable=way), "secret").environment() for way in (True, False))
    assert with_way["SANDBOX_ENGINE_URL"].startswith("http://host.docker.internal:")
    assert "SANDBOX_ENGINE_URL" not in without


def test_files_are_added_as_the_plan_needs_them(make_plan: Callable[..., Any]) -> None:
    assert files(make_plan()) == ["compose.yaml", "engine.yaml"]
    assert files(make_plan(advertise="dev.example"))[2:] == ["advertise.yaml"]
    assert files(make_plan(bind="192.0.2.1", advertise="192.0.2.1"))[2:] == ["advertise.yaml", "bind.yaml"]
    assert files(make_plan(bind="0.0.0.0"))[2:] == ["advertise.yaml"]
    assert files(make_plan(contracts="/contracts"))[2:] == ["contracts.yaml"]


def test_every_port_of_the_plan_is_passed_on(make_plan: Callable[..., Any]) -> None:
    plan = make_plan()
    env = Project(plan, "t0ken").environment()
    assert env["SANDBOX_KAFKA_PORT"] == str(plan.ports["kafka"])
    assert env["SANDBOX_REGISTRY_PORT"] == str(plan.ports["schema-registry"])
    assert env["SANDBOX_PLATO_ADMIN_PORT"] == str(plan.ports["admin-plato"])
    assert env["SANDBOX_ENGINE_URL"] == f"http://host.docker.internal:{plan.ports['control']}"
    assert env["SANDBOX_ENGINE_ADDRESS"] == "172.17.0.1"


def test_ports_are_on_loopback_unless_everything_is_bound(make_plan: Callable[..., Any]) -> None:
    assert Project(make_plan(), "t").environment()["SANDBOX_BIND"] == "127.0.0.1"
    assert Project(make_plan(bind="192.0.2.1"), "t").environment()["SANDBOX_BIND"] == "127.0.0.1"
    assert Project(make_plan(bind="192.0.2.1"), "t").environment()["SANDBOX_BIND_ALSO"] == "192.0.2.1"
    assert Project(make_plan(bind="0.0.0.0"), "t").environment()["SANDBOX_BIND"] == "0.0.0.0"


def test_a_real_service_of_this_machine_is_reached_from_inside_by_the_machines_name(
    make_plan: Callable[..., Any],
) -> None:
    env = Project(make_plan(replace={"capsule": "http://localhost:9999", "plato": "https://plato.test"}), "t")
    told = env.environment()
    assert told["SANDBOX_CAPSULE_URL"] == "http://host.docker.internal:9999"
    assert told["SANDBOX_PLATO_URL"] == "https://plato.test"


def test_images_can_come_from_a_mirror_or_under_another_name() -> None:
    assert ImageNames.from_environment({}) == ImageNames("apache/kafka:4.4.0", "butterfly-sandbox:0.1.0")
    named = ImageNames.from_environment(
        {"SANDBOX_IMAGE_PREFIX": "reg.example/", "SANDBOX_KAFKA_IMAGE": "kafka:mine", "SANDBOX_IMAGE": ""}
    )
    assert named == ImageNames("reg.example/kafka:mine", "reg.example/butterfly-sandbox:0.1.0")


def test_services_are_told_who_is_left_out_and_not_who_is_replaced(make_plan: Callable[..., Any]) -> None:
    assert "SANDBOX_WITHOUT" not in Project(make_plan(), "t").environment()
    processes = {"odyssey": ["odyssey"], "audit": ["audit"]}
    plan = make_plan(processes=processes, replace={"schema-registry": "http://localhost:8181/base"})
    env = Project(plan, "t").environment()
    assert env["SANDBOX_WITHOUT"] == "capsule,plato"
    assert env["SANDBOX_REGISTRY_URL"] == "http://host.docker.internal:8181/base"
