"""Against the Docker engine of this machine: what is removed and what is not, and images pulled from a registry."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import state_root
from sandbox.errors import FetchFailed
from sandbox.runtime.docker.client import connect, local_endpoint
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.images import provide_images
from sandbox.runtime.docker.labels import NAME_LABEL, STATE_LABEL
from sandbox.runtime.docker.leftovers import clear, orphans
from sandbox.runtime.docker.project import KAFKA_IMAGE, SERVICES_IMAGE

pytestmark = pytest.mark.docker

NAME = f"shop-{os.getpid()}"
SCHEMA2 = "application/vnd.docker.distribution.manifest.v2+json"


class Telling:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def client() -> Iterator[Any]:
    client = connect(local_endpoint().url)
    yield client
    client.close()


class Mirror:
    """An image registry with one tiny image under every name."""

    def __init__(self) -> None:
        layer = io.BytesIO()
        with tarfile.open(fileobj=layer, mode="w") as tar:
            file = tarfile.TarInfo("content")
            file.size = 2_000_000
            tar.addfile(file, io.BytesIO(os.urandom(file.size)))
        diff = digest(layer.getvalue())
        config = json.dumps(
            {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff]}}
        ).encode()
        self.blobs = {digest(content): content for content in (layer.getvalue(), config)}
        self.manifest = json.dumps({
            "schemaVersion": 2,
            "mediaType": SCHEMA2,
            "config": part("application/vnd.docker.container.image.v1+json", config),
            "layers": [part("application/vnd.docker.image.rootfs.diff.tar.gzip", layer.getvalue())],
        }).encode()  # fmt: skip

    def answer(self, path: str) -> tuple[str, bytes] | None:
        kind, name = path.rsplit("/", 2)[-2:]
        if kind == "manifests":
            return SCHEMA2, self.manifest
        if kind == "blobs" and name in self.blobs:
            return "application/octet-stream", self.blobs[name]
        return ("application/json", b"{}") if path == "/v2/" else None


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def part(kind: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": digest(content)}


@pytest.fixture
def mirror() -> Iterator[str]:
    """`127.0.0.1:PORT`: Docker takes a registry on loopback without TLS."""
    held = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = held.answer(self.path)
            kind, content = found or ("application/json", b"{}")
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Docker-Content-Digest", digest(content))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_images_come_from_the_mirror_that_the_prefix_names(
    client: Any, mirror: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{mirror}/{KAFKA_IMAGE}", f"{mirror}/{SERVICES_IMAGE}"]
    monkeypatch.setenv("SANDBOX_IMAGE_PREFIX", f"{mirror}/")
    endpoint, progress = local_endpoint(), Telling()
    compose = Compose.find(endpoint.url)
    try:
        assert provide_images(endpoint, compose, tmp_path, offline=False, progress=progress) == names
        assert progress.said[0] == f"pulling {names[0]}"
        assert any(text.startswith(f"pulling {names[0]}: ") and text.endswith(" of 2 MB") for text in progress.said)
        assert provide_images(endpoint, compose, tmp_path, offline=True, progress=progress) == []
    finally:
        for name in names:
            client.images.remove(name, force=True)


def test_an_image_that_cannot_be_pulled_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_IMAGE_PREFIX", "127.0.0.1:9/")
    endpoint = local_endpoint()
    with pytest.raises(FetchFailed, match=r"127\.0\.0\.1:9/apache/kafka.* cannot be pulled") as caught:
        provide_images(endpoint, Compose.find(endpoint.url), tmp_path, offline=False, progress=Telling())
    assert "SANDBOX_IMAGE_PREFIX" in caught.value.hint and "--runtime embedded" in caught.value.hint


def test_exactly_what_bears_both_labels_is_removed(client: Any) -> None:
    """Not what another sandbox of the user, or of another user under the same name, has."""
    mine, other, foreign = (
        {NAME_LABEL: name, STATE_LABEL: str(root / name)}
        for name, root in ((NAME, state_root()), (f"{NAME}-2", state_root()), (NAME, Path("/home/other")))
    )
    containers, networks, volumes = [], [], []
    try:
        for number, labels in enumerate((mine, other, foreign)):
            name = f"{NAME}-{number}"
            networks.append(client.networks.create(name, labels=labels))
            volumes.append(client.volumes.create(name, labels=labels))
            containers.append(client.containers.create(SERVICES_IMAGE, ["audit"], name=name, labels=labels))
        assert set(orphans(local_endpoint(), state_root())) >= {
            (NAME, state_root() / NAME), (f"{NAME}-2", state_root() / f"{NAME}-2")
        }  # fmt: skip

        clear(NAME, state_root() / NAME, docker_host=None, volumes=False)
        assert there(client, networks) == there(client, containers) == [f"{NAME}-1", f"{NAME}-2"]
        assert len(there(client, volumes)) == 3
        clear(NAME, state_root() / NAME, docker_host=None, volumes=True)
        assert there(client, volumes) == [f"{NAME}-1", f"{NAME}-2"]
    finally:
        for labels in (mine, other, foreign):
            clear(labels[NAME_LABEL], Path(labels[STATE_LABEL]), docker_host=None, volumes=True)
    assert there(client, [*containers, *networks, *volumes]) == []


def there(client: Any, things: list[Any]) -> list[str]:
    """The names of those that still exist, told by the engine."""
    import docker

    found = []
    for thing in things:
        try:
            thing.reload()
        except docker.errors.NotFound:
            continue
        found.append(thing.name)
    return found
