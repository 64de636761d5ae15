from pathlib import Path

import pytest
from pydantic import ValidationError

from sandbox.config.serve import ServeConfig
from sandbox.runtime.plan import EnginePlan
from sandbox.runtime.spawn import serve_environment


def test_the_environment_carries_the_whole_configuration() -> None:
    config = ServeConfig(
        services=("capsule", "plato"), ports={"capsule": 8183, "plato": 8180}, bind=("127.0.0.1", "::1"), token="t",
        engine_url="http://127.0.0.1:8099", state_dir=Path("/s"), profile="demo",
    )  # fmt: skip
    assert ServeConfig.from_environment(("capsule", "plato"), config.to_environment()) == config


def test_an_unknown_service_is_refused() -> None:
    with pytest.raises(ValidationError, match="unknown service 'capsul'"):
        ServeConfig.from_environment(("capsul",), {})


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
        bind="0.0.0.0",
    )  # fmt: skip
    config = ServeConfig.from_environment(("odyssey",), serve_environment(plan, "services", "secret"))
    assert config.bootstrap_servers == "127.0.0.1:20007" and config.engine_url == "http://127.0.0.1:20005"
    assert config.capsule_url == "http://localhost:9999" and config.ports == {"odyssey": 20004}
    assert config.bind == ("0.0.0.0",) and config.admin_port == 20006 and config.token == "secret"
    assert plan.endpoints()["odyssey"] == "http://sandbox.local:20004" and plan.endpoints()["plato"] is None
