"""One sandbox on each runtime, driven by the command line and the control API as anybody would."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox.control.quick_client import QuickClient

START_LIMIT_S = 170


class Runtime:
    """A sandbox on one runtime. Subclasses know how to look at it from outside, and for what it may leave behind."""

    kind = ""
    can_disconnect = False

    def __init__(self, root: Path) -> None:
        self.folder = root / "project"
        self.folder.mkdir()
        self.elsewhere = root / "elsewhere"
        self.elsewhere.mkdir()
        self.state_root = root / "state"
        self.name = f"contract-{self.kind}-{os.getpid()}"

    def command(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-m", "sandbox", *arguments, "--name", self.name],
            cwd=folder or self.folder, env={**os.environ, "SANDBOX_STATE_ROOT": str(self.state_root)},
            capture_output=True, text=True, timeout=START_LIMIT_S, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def ok(self, *arguments: str, folder: Path | None = None) -> str:
        done = self.command(*arguments, folder=folder)
        assert done.returncode == 0, f"sandbox {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self, *options: str) -> dict[str, Any]:
        options = ("--runtime", self.kind, "--ports", "auto", "--rate-limits", "off", "--profile", "demo", *options)
        return json.loads(self.ok("up", "--timeout", "150", "--json", *options))

    def down(self, *options: str, folder: Path | None = None) -> None:
        self.ok("down", *options, folder=folder)

    def purge(self) -> None:
        self.command("down", "--purge")

    @property
    def engine(self) -> dict[str, Any]:
        return json.loads((self.state_root / self.name / "engine.json").read_text(encoding="utf-8"))

    def client(self, timeout_s: float = 120.0) -> QuickClient:
        token = (self.state_root / self.name / "token").read_text(encoding="ascii").strip()
        return QuickClient(self.engine["control_url"], token, timeout_s=timeout_s)

    def status(self) -> dict[str, Any]:
        return self.client().get("/v1/status")

    def component(self, name: str) -> dict[str, Any]:
        return next(each for each in self.status()["components"] if each["name"] == name)

    def operate(self, name: str, operation: str) -> dict[str, Any]:
        return self.client().post(f"/v1/components/{name}/{operation}")

    def publish(self, key: str) -> int:
        """One record on a topic without readers of ours; returns how many that topic then has."""
        self.client().post("/v1/topics/odyssey.actors/records", {"key": key, "value_base64": "e30="})
        return self.records()

    def records(self) -> int:
        topics = self.client().get("/v1/topics")["topics"]
        return next(each["records"] for each in topics if each["name"] == "odyssey.actors")

    def kill_engine(self) -> None:
        os.kill(self.engine["pid"], signal.SIGKILL)

    def examine(self, *options: str) -> dict[str, dict[str, Any]]:
        """What `sandbox doctor` finds, by name."""
        return {each["name"]: each for each in json.loads(self.command("doctor", "--json", *options).stdout)}

    def labels(self) -> list[dict[str, str]]:
        """The labels of each thing that can have some."""
        return []

    def ask_from_outside(self, addresses: list[str]) -> str:
        """What a neighbour of the sandbox sees: `ok`, or the first of these host:port that does not let it in."""
        raise NotImplementedError

    def outside_addresses(self) -> list[str]:
        raise NotImplementedError

    def leftovers(self) -> list[str]:
        """What is there of this sandbox besides its state folder and its data."""
        raise NotImplementedError

    def data(self) -> list[str]:
        """Where its data is kept, as far as it is there."""
        raise NotImplementedError


ASK = """
import socket, sys
for address in sys.argv[1:]:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=5) as link:
            if int(port) not in (19092,) and not address.endswith("#kafka"):
                link.sendall(b"GET /actuator/health HTTP/1.0\\r\\n\\r\\n")
                assert link.recv(5) == b"HTTP/"
    except Exception as error:
        sys.exit(f"{address}: {error!r}")
print("ok")
"""


class EmbeddedRuntime(Runtime):
    kind = "embedded"

    def outside_addresses(self) -> list[str]:
        urls = (self.status()["endpoints"][name] for name in ("schema_registry", "capsule", "odyssey", "plato"))
        return [url.removeprefix("http://") for url in urls]

    def ask_from_outside(self, addresses: list[str]) -> str:
        done = subprocess.run([sys.executable, "-c", ASK, *addresses], capture_output=True, text=True, timeout=60)
        return (done.stdout or done.stderr).strip()

    def leftovers(self) -> list[str]:
        found = []
        for process in psutil.process_iter(["cmdline", "status"]):
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.info["cmdline"] or ())
                ours = str(self.state_root / self.name) in line or str(self.state_root) in str(process.environ())
                if ours and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
                    found.append(line[:200])
        return found

    def data(self) -> list[str]:
        folder = self.state_root / self.name / "kafka"
        return [str(folder)] if folder.is_dir() else []


class DockerRuntime(Runtime):
    kind = "docker"
    can_disconnect = True

    @property
    def belongings(self) -> list[dict[str, Any]]:
        """What to look for: by our label, and by Compose's, should something lack ours."""
        labels = (f"butterfly.sandbox.name={self.name}", f"com.docker.compose.project=sandbox-{self.name}")
        return [{"label": label} for label in labels]

    @contextlib.contextmanager
    def docker(self) -> Iterator[Any]:
        import docker

        from sandbox.runtime.docker.endpoint import find_endpoint

        client = docker.DockerClient(base_url=find_endpoint().url, version="auto")
        try:
            yield client
        finally:
            client.close()

    def outside_addresses(self) -> list[str]:
        return ["kafka:19092", "schema-registry:8081", "capsule:8083", "odyssey:8082", "plato:8080"]

    def ask_from_outside(self, addresses: list[str]) -> str:
        with self.docker() as client:
            return client.containers.run(
                "butterfly-sandbox:0.1.0", ["-c", ASK, *addresses], entrypoint="python3",
                network=f"sandbox-{self.name}", remove=True, stderr=True,
            ).decode().strip()  # fmt: skip

    def leftovers(self) -> list[str]:
        with self.docker() as client:
            containers = {each.name for by in self.belongings for each in client.containers.list(all=True, filters=by)}
            networks = {each.name for by in self.belongings for each in client.networks.list(filters=by)}
        return sorted(containers | networks)

    def data(self) -> list[str]:
        with self.docker() as client:
            return sorted({each.name for by in self.belongings for each in client.volumes.list(filters=by)})

    def labels(self) -> list[dict[str, str]]:
        by = self.belongings[1]
        with self.docker() as client:
            containers = [each.labels for each in client.containers.list(all=True, filters=by)]
            others = [*client.networks.list(filters=by), *client.volumes.list(filters=by)]
            return containers + [each.attrs["Labels"] for each in others]


RUNTIMES = {"embedded": EmbeddedRuntime, "docker": DockerRuntime}


@pytest.fixture(scope="module", params=["embedded", pytest.param("docker", marks=pytest.mark.docker)], name="runtime")
def a_runtime(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A sandbox that was up once; each test finds it ready and leaves it ready."""
    runtime = RUNTIMES[request.param](tmp_path_factory.mktemp(request.param))
    try:
        runtime.up()
        yield runtime
    finally:
        runtime.purge()


@pytest.fixture
def box(runtime: Runtime) -> Iterator[Runtime]:
    """The sandbox, ready."""
    if not (runtime.state_root / runtime.name / "engine.json").is_file() or not runtime.status()["ready"]:
        runtime.command("down")
        runtime.up()
    return runtime


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    def wait(check: Callable[[], Any], limit_s: float = 15.0) -> Any:
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            if found := check():
                return found
            time.sleep(0.05)
        raise AssertionError(f"not within {limit_s} s: {check.__doc__ or check}")

    return wait
