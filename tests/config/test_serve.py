from pathlib import Path

import pytest
from pydantic import ValidationError

from sandbox.config.serve import ServeConfig
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.spawn import serve_environment


def test_the_environment_carries_the_whole_configuration() -> None:
    config = ServeConfig(
        services=("capsule", "plato"), ports={"capsule": 8183, "plato": 8180}, bind=("127.0.0.1", "::1"), token="t",
        engine_url="http://127.0.0.1:8099", state_dir=Path("/s"), profile="demo", rate_limits="per-service",
        public_urls={"capsule": "http://localhost:8183"},
        api_keys=f"butterfly_dev_{'k' * 32}=read:capsules write:capsules,butterfly_ci_{'c' * 32}=*",
    )  # fmt: skip
    assert ServeConfig.from_environment(("capsule", "plato"), config.to_environment()) == config


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown service 'capsul'"):
        ServeConfig.from_environment(("capsul",), {})


def test_api_keys_are_read_with_their_scopes_and_never_shown() -> None:
    key, other = f"butterfly_dev_{'k' * 32}", f"butterfly_ci_{'c' * 32}"
    config = ServeConfig(services=("capsule",), api_keys=f"{key}=read:capsules write:capsules,{other}=*")
    assert config.key_scopes == {key: frozenset({"read:capsules", "write:capsules"}), other: None}
    assert "k" * 32 not in repr(config) and "c" * 32 not in repr(config)


@pytest.mark.parametrize("keys", ["butterfly_dev_secret=*", f"butterfly_dev_{'k' * 32}", f"butterfly_dev_{'k' * 32}="])
def test_a_wrong_api_key_is_refused_by_its_place_and_not_told(keys: str) -> None:
    with pytest.raises(ValidationError, match="key 1") as raised:
        ServeConfig(services=("capsule",), api_keys=keys)
    assert "secret" not in str(raised.value) and "k" * 32 not in str(raised.value)


def test_empty_values_count_as_absent() -> None:
    assert ServeConfig.from_environment(("audit",), {"SANDBOX_SERVE_TOKEN": ""}).token is None


def test_what_the_engine_tells_its_services_is_what_they_read() -> None:
    plan = EnginePlan(
        name="desk", runtime="embedded", state_dir="/state/desk", cache_dir="/cache",
        processes={"services": ["odyssey"]},
        ports={
            "kafka": 20000, "kafka-local": 20007, "odyssey": 20004, "control": 20005, "admin": 20006, "plato": 20003,
        },
        replace={"capsule": "http://localhost:9999"}, advertise="sandbox.local",
        bind="0.0.0.0", rate_limits="per-service", api_keys=f"butterfly_dev_{'k' * 32}=admin",
    )  # fmt: skip
    config = ServeConfig.from_environment(("odyssey",), serve_environment(plan, "services", "secret"))
    assert config.bootstrap_servers == "127.0.0.1:20007" and config.engine_url == "http://127.0.0.1:20005"
    assert config.capsule_url == "http://localhost:9999" and config.ports == {"odyssey": 20004}
    assert config.bind == ("0.0.0.0",) and config.admin_port == 20006 and config.token == "secret"
    assert config.public_urls == {"capsule": "http://localhost:9999", "odyssey": "http://sandbox.local:20004"}
    assert config.rate_limits == "per-service" and list(config.key_scopes.values()) == [{"admin"}]
    assert "k" * 32 not in repr(plan)
    assert config.without == ("schema-registry", "plato", "audit") == plan.left_out
    assert plan.endpoints()["odyssey"] == "http://sandbox.local:20004" and plan.endpoints()["plato"] is None
