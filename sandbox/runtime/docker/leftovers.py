"""Finding and removing what belongs to a sandbox, by its labels alone: no plan, no Compose file, no engine needed."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox.runtime.docker.client import connect, docker_errors
from sandbox.runtime.docker.endpoint import Endpoint, find_endpoint
from sandbox.runtime.docker.labels import NAME_LABEL, STATE_LABEL, project_name

__all__ = ["clear", "foreign_owner", "orphans", "remove"]

STOP_LIMIT_S = 10


def clear(name: str, state_dir: Path, *, docker_host: str | None, volumes: bool) -> list[str]:
    """Remove a sandbox's containers and network, and its data with `volumes`. Returns what stays and why.

    Raises EnvironmentFailure when the Docker engine does not answer, UpstreamUnavailable when it refuses.
    """
    endpoint = find_endpoint()
    url = docker_host or (endpoint.url if endpoint else None)
    if url is None:
        return []
    client = connect(url)
    try:
        return remove(client, name, state_dir, volumes=volumes)
    finally:
        client.close()


def remove(client: Any, name: str, state_dir: Path | str, *, volumes: bool) -> list[str]:
    """As `clear`, over an open client."""
    import docker

    labels = {"label": [f"{NAME_LABEL}={name}", f"{STATE_LABEL}={state_dir}"]}
    kept = []
    with docker_errors(f"the containers of sandbox {name} cannot be removed"):
        _remove_containers(client.containers.list(all=True, filters=labels, ignore_removed=True))
        for network in client.networks.list(filters=labels):
            users = _users(client, network.id)
            try:
                network.remove()
            except docker.errors.NotFound:
                continue
            except docker.errors.APIError:
                kept.append(f"network {network.name}, which {', '.join(users) or 'something'} still uses")
        for volume in client.volumes.list(filters=labels) if volumes else ():
            try:
                volume.remove(force=True)
            except docker.errors.APIError:
                kept.append(f"volume {volume.name}, which something still uses")
    return kept


def _remove_containers(containers: Sequence[Any]) -> None:
    """All at once; what is stopped or killed already goes just the same."""
    import docker

    def end(container: Any) -> None:
        try:
            if container.status == "paused":
                container.unpause()
            if container.status in ("running", "paused"):
                container.stop(timeout=STOP_LIMIT_S)
            container.remove(force=True)
        except docker.errors.NotFound:
            pass  # gone already, which is what is wanted
        except docker.errors.APIError as error:
            if error.status_code != 409:  # being removed right now
                raise

    if containers:
        with ThreadPoolExecutor(len(containers)) as pool:
            list(pool.map(end, containers))


def _users(client: Any, network_id: str) -> list[str]:
    """The names of the containers of others in a network."""
    found = client.api.inspect_network(network_id).get("Containers") or {}
    return sorted(each["Name"] for each in found.values())


def orphans(endpoint: Endpoint, state_root: Path) -> list[tuple[str, Path]]:
    """Name and state folder of sandboxes below `state_root` that have something here but no state folder."""
    found = set()
    for labels in endpoint.labels({NAME_LABEL: None}):
        state = Path(labels.get(STATE_LABEL, ""))
        if state.parent == state_root and not state.is_dir():
            found.add((labels[NAME_LABEL], state))
    return sorted(found)


def foreign_owner(endpoint: Endpoint, name: str, state_dir: Path) -> str | None:
    """The state folder of another sandbox that has this one's project name on this engine, None without any."""
    for container in endpoint.containers({"com.docker.compose.project": project_name(name)}):
        state = (container.get("Labels") or {}).get(STATE_LABEL, "another Compose project")
        if state != str(state_dir):
            return str(state)
    return None
