"""`sandbox env`: the sandbox's addresses as environment variables, for any shell and for Spring."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from sandbox.cli.options import JsonOption, NameOption

__all__ = ["register", "variables"]

SHELLS = ("sh", "fish", "pwsh", "dotenv", "properties")


def register(app: typer.Typer) -> None:
    app.command("env")(env)


def env(
    shell: Annotated[str, typer.Option(metavar="|".join(SHELLS), help="Form of the output.")] = "sh",
    name: NameOption = None,
    json: JsonOption = False,
) -> None:
    """Print the environment: eval "$(sandbox env)"."""
    from sandbox.cli.output import data, json_data, talk
    from sandbox.cli.target import find_target
    from sandbox.errors import UsageError

    if shell not in SHELLS:
        raise UsageError(f"unknown shell {shell!r}", where="--shell", hint=f"choose from {', '.join(SHELLS)}")
    target = find_target(name)
    status = target.status()
    found = variables(status, target.token, target.registry_user_info)
    if missing := [name for name in status.get("left_out", ()) if name != "audit"]:
        talk(f"left out of this sandbox, so without variables: {', '.join(missing)}", dim=True)
    if json:
        json_data(found)
        return
    for key, value in found.items():
        data(line(shell, key, value))


def variables(status: dict[str, Any], token: str, registry_user_info: str | None = None) -> dict[str, str]:
    """The variables of a sandbox; a service that is left out has none. URLs hold scheme, host and port only.

    `registry_user_info` is `user:password` for a registry that asks for it, under Confluent's names.
    """
    from sandbox.cli.target import REGISTRY_USER_INFO

    ends = status["endpoints"]
    plato = ends.get("plato")
    found = {
        "KAFKA_BOOTSTRAP_SERVERS": ends.get("kafka"),
        "SCHEMA_REGISTRY_URL": ends.get("schema_registry"),
        REGISTRY_USER_INFO: registry_user_info,
        "CAPSULE_URL": ends.get("capsule"),
        "ODYSSEY_URL": ends.get("odyssey"),
        "PLATO_URL": plato,
        "PLATO_WS_URL": plato and plato.replace("http", "ws", 1),
        "SANDBOX_CONTROL_URL": ends.get("control"),
        "SANDBOX_TOKEN": token,
        "SANDBOX_NAME": status["name"],
        "SPRING_KAFKA_BOOTSTRAP_SERVERS": ends.get("kafka"),
        "SPRING_KAFKA_PROPERTIES_SCHEMA_REGISTRY_URL": ends.get("schema_registry"),
        "SPRING_KAFKA_PROPERTIES_BASIC_AUTH_CREDENTIALS_SOURCE": registry_user_info and "USER_INFO",
        "SPRING_KAFKA_PROPERTIES_BASIC_AUTH_USER_INFO": registry_user_info,
        "BUTTERFLY_CLIENTS_CAPSULE_URL": ends.get("capsule"),
        "BUTTERFLY_CLIENTS_ODYSSEY_URL": ends.get("odyssey"),
        "BUTTERFLY_CLIENTS_PLATO_URL": plato,
    }
    return {key: value for key, value in found.items() if value}


def line(shell: str, key: str, value: str) -> str:
    """One variable in the words of a shell."""
    if shell == "fish":
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"set -gx {key} '{escaped}';"
    if shell == "pwsh":
        escaped = value.replace("'", "''")
        return f"$env:{key} = '{escaped}'"
    if shell == "dotenv":
        return f"{key}={value}"
    if shell == "properties":
        return f"{key.lower().replace('_', '.')}={value}"
    return f"export {key}={shlex.quote(value)}"
