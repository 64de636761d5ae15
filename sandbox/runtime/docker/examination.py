"""What `sandbox doctor` says of Docker: each finding with its verdict and the way out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from sandbox.config.folders import StateFolder, read_json, state_root
from sandbox.errors import SandboxError
from sandbox.runtime.docker.client import connect, docker_errors, local_endpoint
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.endpoint import Endpoint, find_endpoint
from sandbox.runtime.docker.images import missing_images
from sandbox.runtime.docker.labels import NAME_LABEL, STATE_LABEL, project_name
from sandbox.runtime.docker.leftovers import clear, orphans
from sandbox.runtime.docker.preparation import way_to_engine
from sandbox.runtime.docker.project import ENGINE_NAME, ImageNames
from sandbox.runtime.docker.sources import Sources

__all__ = ["examine_docker"]

Finding = tuple[str, Literal["ok", "warning", "problem"], str, str | None]
"""Name, verdict, finding, way out."""

DISK_WANTED_BYTES = 2_000_000_000
MEMORY_WANTED_BYTES = 1_500_000_000
REACH_LIMIT_S = 5
# Tries every host:port it is given, and names those that do not answer.
REACH = (
    "import socket, sys\n"
    "for address in sys.argv[1:]:\n"
    "    host, _, port = address.rpartition(':')\n"
    "    try: socket.create_connection((host, int(port)), 2).close()\n"
    "    except OSError as error: print(f'{address} ({error})')\n"
)


def examine_docker(folder: StateFolder, *, needed: bool, fix: bool, running: bool) -> Iterator[Finding]:
    """`needed` when this sandbox is to run on Docker: only then is a lack a problem. `running`: it does now."""
    bad: Literal["warning", "problem"] = "problem" if needed else "warning"
    if find_endpoint() is None and not needed:
        yield "docker", "ok", "none here, and none is needed: the embedded runtime does without", None
        return
    try:
        endpoint = local_endpoint()
        client = connect(endpoint.url)
    except SandboxError as error:
        yield "docker", bad, error.message, error.hint
        return
    try:
        yield _engine(endpoint, client)
        yield _compose(endpoint, bad)
        yield _images(endpoint)
        yield _memory(client, bad)
        yield _disk(client, bad)
        yield _leftovers(endpoint, fix=fix)
        yield _reachability(endpoint, client, folder, running=running)
    finally:
        client.close()


def _engine(endpoint: Endpoint, client: Any) -> Finding:
    version = client.version()
    foreign = ", emulated" if version.get("Arch") not in (None, _own_arch()) else ""
    found = f"{version.get('Version')} ({version.get('Os')}/{version.get('Arch')}{foreign}) at {endpoint.url}"
    return "docker", "warning" if foreign else "ok", f"{found}, by {endpoint.source}", None


def _own_arch() -> str:
    import platform

    return {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def _compose(endpoint: Endpoint, bad: Any) -> Finding:
    try:
        compose = Compose.find(endpoint.url)
    except SandboxError as error:
        return "docker compose", bad, error.message, error.hint
    return "docker compose", "ok", f"{compose.version} ({' '.join(compose.command)})", None


def _images(endpoint: Endpoint) -> Finding:
    missing = missing_images(endpoint, ImageNames.from_environment(), Sources.from_environment())
    if missing:
        way_out = "`sandbox prepare --runtime docker` provides them; so does `sandbox up --runtime docker`"
        return "docker images", "warning", f"not here in this version: {', '.join(missing)}", way_out
    return "docker images", "ok", "all here", None


def _memory(client: Any, bad: Any) -> Finding:
    total = client.info().get("MemTotal", 0)
    if total >= MEMORY_WANTED_BYTES:
        return "docker memory", "ok", f"{total / 1e9:.1f} GB for containers, a sandbox takes about 0.5 GB", None
    return "docker memory", bad, f"only {total / 1e9:.1f} GB for containers", "give Docker's machine 2 GB or more"


def _disk(client: Any, bad: Any) -> Finding:
    root = Path(client.info().get("DockerRootDir", "/"))
    if not root.is_dir():
        return "docker disk", "ok", f"{root} is in Docker's own machine; see `docker system df`", None
    free = shutil.disk_usage(root).free
    if free >= DISK_WANTED_BYTES:
        return "docker disk", "ok", f"{free / 1e9:.1f} GB free at {root}", None
    way_out = "free 2 GB, for example with `docker system prune`"
    return "docker disk", bad, f"only {free / 1e9:.1f} GB free at {root}", way_out


def _leftovers(endpoint: Endpoint, *, fix: bool) -> Finding:
    """Containers of this user's sandboxes that no engine looks after, and data that no state folder knows of."""
    from sandbox.runtime.launch import engine_of

    left: dict[str, Path] = {}
    for container in endpoint.containers({NAME_LABEL: None}):
        labels = container.get("Labels") or {}
        state = Path(labels.get(STATE_LABEL, ""))
        if state.parent == state_root() and engine_of(StateFolder(state)) is None:
            left[labels[NAME_LABEL]] = state
    lost = ", ".join(name for name, _ in orphans(endpoint, state_root()) if name not in left)
    names = ", ".join(sorted(left))
    if left and fix:
        for name, state in left.items():
            clear(name, state, docker_host=endpoint.url, volumes=False)
        return "docker leftovers", "ok", f"removed the containers of {names}", None
    if left:
        way_out = "`sandbox doctor --fix` removes them; data stays"
        return "docker leftovers", "warning", f"containers of {names}, whose engine is gone", way_out
    if lost:
        return (
            "docker leftovers",
            "warning",
            f"data of {lost}, without a state folder",
            "`sandbox down --all` removes it",
        )
    return "docker leftovers", "ok", "none", None


def _reachability(endpoint: Endpoint, client: Any, folder: StateFolder, *, running: bool) -> Finding:
    """From a throw-away container: what this sandbox tells its neighbours, and the way back to its engine."""
    name = "docker network"
    ours = ImageNames.from_environment().services
    if not running or endpoint.image(ours) is None:
        hosts, reachable = way_to_engine(endpoint)
        if reachable:
            way = f"containers would reach this machine at {hosts[0] if hosts else ENGINE_NAME}"
            return name, "ok", f"{way}; tried for real while a sandbox runs on Docker", None
        finding = (
            "containers have no way to this machine here (a rootless engine, or Podman): facts stay in the services"
        )
        return name, "warning", finding, "use a rootful engine or `--runtime embedded` for reports and traces"
    plan = read_json(folder.plan_file)
    engine = next(iter(plan.get("engine_hosts", [])), "host-gateway")
    services = [service for names in plan.get("processes", {}).values() for service in names]
    inner = {"schema-registry": 8081, "capsule": 8083, "odyssey": 8082, "plato": 8080}
    addresses = ["kafka:19092", *(f"{each}:{inner[each]}" for each in services if each in inner)]
    if plan.get("engine_reachable"):
        addresses.append(f"{ENGINE_NAME}:{plan['ports']['control']}")
    try:
        with docker_errors("a throw-away container cannot be run"):
            said = client.containers.run(
                ours, ["-c", REACH, *addresses], entrypoint="python3", network=project_name(folder.name), remove=True,
                extra_hosts={ENGINE_NAME: engine},
            )  # fmt: skip
    except SandboxError as error:
        return name, "warning", error.message, error.hint
    if away := said.decode(errors="replace").split("\n")[:-1]:
        way_out = "let the firewall pass connections between Docker's networks and this machine; see `sandbox status`"
        return name, "problem", f"a container does not reach {', '.join(away)}", way_out
    return name, "ok", f"a container reaches {', '.join(addresses)}", None
