"""Before a start in containers: the engine and Compose are there, the images too, and nobody has the project's name."""

from __future__ import annotations

import importlib.util
import socket
from dataclasses import dataclass
from pathlib import Path

from sandbox.config.folders import StateFolder
from sandbox.errors import Conflict
from sandbox.runtime.docker.client import connect, local_endpoint
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.endpoint import Endpoint
from sandbox.runtime.docker.images import ImageProgress, provide_images
from sandbox.runtime.docker.leftovers import foreign_owner
from sandbox.runtime.docker.project import ENGINE_NAME

__all__ = ["Grounds", "prepare", "refuse_foreign", "way_to_engine"]


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a plan for containers stands on, by the names of the plan's own fields."""

    docker_host: str
    compose_command: list[str]
    engine_hosts: list[str]
    engine_name: str
    engine_reachable: bool


def prepare(cache: Path, *, offline: bool, progress: ImageProgress) -> Grounds:
    """Find the engine and Compose, pull and build what is missing. Raises EnvironmentFailure with the way out."""
    endpoint = local_endpoint()
    if not endpoint.answers() or importlib.util.find_spec("docker") is None:
        connect(endpoint.url).close()  # says what is wrong
    compose = Compose.find(endpoint.url)
    provide_images(endpoint, compose, cache, offline=offline, progress=progress)
    hosts, reachable = way_to_engine(endpoint)
    return Grounds(endpoint.url, list(compose.command), hosts, ENGINE_NAME, reachable)


def refuse_foreign(folder: StateFolder) -> None:
    """Raises Conflict when the project's name is taken on this Docker engine by somebody else."""
    owner = foreign_owner(local_endpoint(), folder.name, folder.path)
    if owner is not None:
        raise Conflict(
            f"this Docker engine has containers of the same name already: {owner}",
            where=folder.name,
            hint="choose another name with --name",
        )


def way_to_engine(endpoint: Endpoint) -> tuple[list[str], bool]:
    """Addresses that the control API has to listen on for containers, and whether they can reach it at all.

    Docker Desktop leads `host.docker.internal` to loopback by itself. On Linux it is the gateway of Docker's own
    bridge, an address of this machine that only this machine and its containers use. Where that is not an address of
    ours (rootless engines), containers have no way in.
    """
    info = endpoint.ask("/info") or {}
    if info.get("OperatingSystem") == "Docker Desktop":
        return [], True
    for name in ("bridge", "podman"):
        network = endpoint.ask(f"/networks/{name}") or {}
        for config in network.get("IPAM", {}).get("Config") or ():
            gateway = config.get("Gateway") or _first_address(config.get("Subnet", ""))
            if gateway and ":" not in gateway and _is_ours(gateway):
                return [gateway], True
    return [], False


def _first_address(subnet: str) -> str | None:
    """What Docker takes as gateway when it was told none."""
    import ipaddress

    try:
        return str(next(ipaddress.ip_network(subnet).hosts()))
    except (ValueError, StopIteration):
        return None


def _is_ours(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
