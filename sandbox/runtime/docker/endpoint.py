"""Which Docker engine is meant, and a first word with it. Standard library only: `auto` asks on every first `up`."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

__all__ = ["Endpoint", "find_endpoint"]

ANSWER_LIMIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An engine's address as Docker writes it (`unix:///…`, `tcp://…`, `ssh://…`) and who named it."""

    url: str
    source: str

    @property
    def is_local(self) -> bool:
        """Whether it runs the containers on this machine, as far as the address tells."""
        return self.url.startswith(("unix://", "npipe://"))

    @property
    def socket_path(self) -> str | None:
        return self.url.removeprefix("unix://") if self.url.startswith("unix://") else None

    def ask(self, path: str) -> Any:
        """The JSON at `path` of the engine's API, None when a local engine has no such thing or does not answer."""
        if self.socket_path is None:
            return None
        connection = _UnixConnection(self.socket_path)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            content = answer.read()
            return json.loads(content) if answer.status == 200 else None
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()

    def answers(self) -> bool:
        return self.ask("/version") is not None

    def image(self, name: str) -> dict[str, Any] | None:
        """What the engine knows of a local image."""
        return self.ask(f"/images/{quote(name, safe='/:@')}/json")

    def containers(self, labels: Mapping[str, str | None]) -> list[dict[str, Any]]:
        """Every container with these labels, running or not; None as value takes any."""
        return self.ask(f"/containers/json?all=true&filters={_filters(labels)}") or []

    def labels(self, labels: Mapping[str, str | None]) -> list[dict[str, str]]:
        """All labels of each container, network and volume that has these."""
        wanted = _filters(labels)
        networks = self.ask(f"/networks?filters={wanted}") or []
        volumes = (self.ask(f"/volumes?filters={wanted}") or {}).get("Volumes") or []
        return [each.get("Labels") or {} for each in (*self.containers(labels), *networks, *volumes)]


def find_endpoint(environ: Mapping[str, str] | None = None) -> Endpoint | None:
    """`DOCKER_HOST`, else the chosen context, else a socket where Docker or Podman leaves one; None without any."""
    env = os.environ if environ is None else environ
    if host := env.get("DOCKER_HOST"):
        return Endpoint(host, "DOCKER_HOST")
    config_dir = Path(env.get("DOCKER_CONFIG") or Path(env.get("HOME", "/")) / ".docker")
    context = env.get("DOCKER_CONTEXT") or _read(config_dir / "config.json").get("currentContext")
    if context and context != "default":
        meta = _read(config_dir / "contexts" / "meta" / hashlib.sha256(context.encode()).hexdigest() / "meta.json")
        if host := meta.get("Endpoints", {}).get("docker", {}).get("Host"):
            return Endpoint(host, f"context {context}")
    for path, owner in _sockets(env):
        if path.is_socket():
            return Endpoint(f"unix://{path}", owner)
    return None


def _filters(labels: Mapping[str, str | None]) -> str:
    wanted = [name if value is None else f"{name}={value}" for name, value in labels.items()]
    return quote(json.dumps({"label": wanted}))


def _sockets(env: Mapping[str, str]) -> list[tuple[Path, str]]:
    """Where engines listen by default: rootful Docker, Docker Desktop, rootless Docker, Podman."""
    home, runtime_dir = Path(env.get("HOME", "/")), env.get("XDG_RUNTIME_DIR")
    found = [(Path("/var/run/docker.sock"), "Docker"), (home / ".docker/run/docker.sock", "Docker Desktop")]
    if runtime_dir:
        found.append((Path(runtime_dir) / "docker.sock", "rootless Docker"))
        found.append((Path(runtime_dir) / "podman/podman.sock", "rootless Podman"))
    return [*found, (Path("/run/podman/podman.sock"), "Podman")]


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=ANSWER_LIMIT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
