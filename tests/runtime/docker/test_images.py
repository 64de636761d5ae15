from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from sandbox.config.folders import share_dir
from sandbox.errors import EnvironmentFailure, FetchFailed
from sandbox.runtime.docker.compose import Compose
from sandbox.runtime.docker.endpoint import Endpoint
from sandbox.runtime.docker.images import STEP, missing_images, provide_images
from sandbox.runtime.docker.labels import SOURCE_LABEL
from sandbox.runtime.docker.project import KAFKA_IMAGE, SERVICES_IMAGE, ImageNames
from sandbox.runtime.docker.sources import Sources

NAMES = ImageNames(KAFKA_IMAGE, SERVICES_IMAGE)


def offer(engine: Any, name: str, source: str | None = None) -> None:
    labels = {SOURCE_LABEL: source} if source else None
    engine.answers[f"/images/{name}/json"] = {"Id": "sha256:1", "Config": {"Labels": labels}}


class Telling:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)


def test_an_empty_engine_misses_both(engine: Any) -> None:
    assert missing_images(Endpoint(engine.url, "test"), NAMES, Sources()) == [KAFKA_IMAGE, SERVICES_IMAGE]


def test_our_image_counts_only_with_these_very_sources(engine: Any) -> None:
    endpoint = Endpoint(engine.url, "test")
    offer(engine, KAFKA_IMAGE)
    offer(engine, SERVICES_IMAGE, "another version")
    assert missing_images(endpoint, NAMES, Sources()) == [SERVICES_IMAGE]
    offer(engine, SERVICES_IMAGE, Sources().digest())
    assert missing_images(endpoint, NAMES, Sources()) == []


def test_an_image_of_the_teams_own_is_taken_as_it_is(engine: Any) -> None:
    offer(engine, KAFKA_IMAGE)
    offer(engine, "reg.example/services:7")
    names = ImageNames(KAFKA_IMAGE, "reg.example/services:7")
    assert missing_images(Endpoint(engine.url, "test"), names, Sources()) == []


def test_offline_never_pulls_and_says_how_to_get_it(engine: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.delenv("SANDBOX_IMAGE", raising=False)
    offer(engine, SERVICES_IMAGE, Sources().digest())
    compose = Compose(["true"], "5.0", {})
    with pytest.raises(FetchFailed, match="--offline") as caught:
        provide_images(Endpoint(engine.url, "test"), compose, tmp_path, offline=True, progress=Telling())
    assert "prepare --runtime docker" in caught.value.hint


def test_building_lays_out_the_sources_and_tells_every_step(engine: Any, tmp_path: Path, monkeypatch: Any) -> None:
    """A Compose that only shows what it was given: the classic builder's steps and BuildKit's."""
    monkeypatch.delenv("SANDBOX_IMAGE", raising=False)
    offer(engine, KAFKA_IMAGE)
    script = tmp_path / "compose"
    script.write_text(
        "#!/bin/sh\n"
        'test -f "$SANDBOX_BUILD_CONTEXT/compose/Dockerfile" || exit 1\n'
        'test -f "$SANDBOX_BUILD_CONTEXT/sandbox/runtime/serve.py" || exit 1\n'
        'echo "Step 3/22 : FROM python AS build"\n'
        'echo "#9 [build 4/6] COPY sandbox /opt/sandbox"\n'
        'echo "source $SANDBOX_SOURCE" >&2\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    progress, compose = Telling(), Compose([str(script)], "5.0", {"PATH": "/usr/bin:/bin"})
    provide_images(Endpoint(engine.url, "test"), compose, tmp_path / "cache", offline=False, progress=progress)
    assert any("3/22 FROM python" in text for text in progress.said)
    assert any("4/6 COPY sandbox" in text for text in progress.said)
    assert list((tmp_path / "cache" / "docker").iterdir()) == []  # the laid out sources are gone again


def test_a_step_is_read_from_both_builders() -> None:
    assert STEP.search("Step 12/22 : RUN pip")[1] == "12/22"
    assert STEP.search("#8 [stage-1 2/3] COPY --from=build x")[2] == "2/3"
    assert STEP.search("#8 0.345 Collecting aiohttp") is None


def test_the_sources_are_what_the_image_runs_and_no_more() -> None:
    names = [name for name, _ in Sources().files()]
    assert {"compose/Dockerfile", "compose/requirements.txt", "sandbox/runtime/serve.py"} <= set(names)
    assert not [name for name in names if re.match(r"sandbox/(cli|tui|scenarios|runtime/(embedded|docker))/", name)]
    assert not [name for name in names if "__pycache__" in name]


def test_the_digest_follows_the_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compose = tmp_path / "compose"
    compose.mkdir()
    for name in ("Dockerfile", "requirements.txt"):
        (compose / name).write_bytes((share_dir("compose") / name).read_bytes())
    monkeypatch.setattr("sandbox.runtime.docker.sources.share_dir", lambda _: compose)
    before = Sources().digest()
    assert Sources().digest() == before
    (compose / "requirements.txt").write_text("aiohttp==0\n", encoding="utf-8")
    assert Sources().digest() != before


def test_wheels_are_laid_beside_the_requirements_and_all_is_gone_afterwards(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (wheels / "x-1-py3-none-any.whl").write_bytes(b"")
    with Sources(wheels).staged(tmp_path / "cache") as context, Sources(wheels).staged(tmp_path / "cache") as another:
        assert context != another  # two may build at once
        assert (context / "compose" / "wheels" / "x-1-py3-none-any.whl").is_file()
    assert list((tmp_path / "cache").iterdir()) == []


def test_wheels_that_are_not_there_are_named_and_nothing_is_left(tmp_path: Path) -> None:
    with (
        pytest.raises(EnvironmentFailure, match="laid out") as caught,
        Sources(tmp_path / "nowhere").staged(tmp_path / "cache"),
    ):
        raise AssertionError("laid out without its wheels")
    assert "nowhere" in caught.value.where and "SANDBOX_WHEELS" in caught.value.hint
    assert list((tmp_path / "cache").iterdir()) == []
