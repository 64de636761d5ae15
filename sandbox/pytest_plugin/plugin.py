"""Fixtures, options, the marker and the report section. Loaded by every pytest of the environment, so it imports
nothing that costs time before a test asks for a sandbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.pytest_plugin.aio import AsyncSandbox
    from sandbox.pytest_plugin.backend import Backend
    from sandbox.pytest_plugin.options import SandboxOptions
    from sandbox.pytest_plugin.sandbox import Sandbox

MARKER = "sandbox_scenario"
FIXTURES = frozenset({"sandbox", "async_sandbox", "sandbox_lease", "async_sandbox_lease", "sandbox_worker_lease"})
OPTIONS = {
    "sandbox_name": "the sandbox to use or start; default: the exported one, else one of the project's tests",
    "sandbox_runtime": "auto, embedded or docker, where it has to be started",
    "sandbox_contracts": "folder with topics and schemas of one's own, where it has to be started",
}
_BACKEND: pytest.StashKey[Backend] = pytest.StashKey()
_SINCE: pytest.StashKey[int] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("sandbox", "BUTTERFLY sandbox")
    for name, text in OPTIONS.items():
        group.addoption(f"--{name.replace('_', '-')}", help=text)
        parser.addini(name, text)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", f"{MARKER}(file, seed=None, within=300): run this scenario before the test's own body"
    )


# Fixtures


@pytest.fixture(scope="session")
def sandbox_options(pytestconfig: pytest.Config) -> SandboxOptions:
    """Which sandbox, and how it is started: from `--sandbox-…` and the ini file. Override it for more."""
    from sandbox.pytest_plugin.options import SandboxOptions

    given = {name: pytestconfig.getoption(name) or pytestconfig.getini(name) for name in OPTIONS}
    keys = {"runtime": given["sandbox_runtime"]}
    if contracts := given["sandbox_contracts"]:
        keys["contracts"] = str(pytestconfig.rootpath / contracts)
    return SandboxOptions(
        name=given["sandbox_name"] or None, settings={key: text for key, text in keys.items() if text}
    )


@pytest.fixture(scope="session")
def sandbox(sandbox_options: SandboxOptions, pytestconfig: pytest.Config) -> Iterator[Sandbox]:
    """A running sandbox, shared by all workers of pytest-xdist: the first starts it, the last to end stops it.

    One that runs already is used, and stays.
    """
    from sandbox.pytest_plugin.aio import AsyncSandbox
    from sandbox.pytest_plugin.backend import Backend
    from sandbox.pytest_plugin.sandbox import Sandbox
    from sandbox.pytest_plugin.tenure import Tenure

    tenure = Tenure(sandbox_options, pytestconfig.rootpath)
    running = tenure.enter()
    try:
        backend = Backend.start(running.url, running.token)
        pytestconfig.stash[_BACKEND] = backend
        try:
            yield Sandbox(AsyncSandbox(backend))
        finally:
            del pytestconfig.stash[_BACKEND]
            backend.close()
    finally:
        tenure.leave()


@pytest.fixture(scope="session")
def async_sandbox(sandbox: Sandbox) -> AsyncSandbox:
    """`sandbox` with methods to be awaited, in a loop of any scope."""
    return sandbox.aio


@pytest.fixture
def sandbox_lease(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox for this test alone: a tenant of its own, and a prefix for topics, groups and subjects of its own."""
    with sandbox.lease() as lease:
        yield lease


@pytest.fixture
def async_sandbox_lease(sandbox_lease: Sandbox) -> AsyncSandbox:
    """`sandbox_lease` with methods to be awaited."""
    return sandbox_lease.aio


@pytest.fixture(scope="session")
def sandbox_worker_lease(sandbox: Sandbox) -> Iterator[Sandbox]:
    """One lease for all tests of this process, which is one worker of pytest-xdist."""
    with sandbox.lease(os.environ.get("PYTEST_XDIST_WORKER", "main")) as lease:
        yield lease


# Scenarios as tests


def pytest_itemcollected(item: pytest.Item) -> None:
    if item.get_closest_marker(MARKER) is not None and isinstance(item, pytest.Function):
        item.fixturenames.insert(0, "sandbox")


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    for marker in reversed(list(pyfuncitem.iter_markers(MARKER))):
        _run_scenario(pyfuncitem, *marker.args, **marker.kwargs)
    return (yield)


def _run_scenario(item: pytest.Function, file: str, *, seed: int | None = None, within: float = 300.0) -> None:
    """`file` from the folder of the test's file, else one that ships."""
    beside = item.path.parent / file
    item.funcargs["sandbox"].run_scenario(beside if beside.is_file() else file, seed=seed, within=within)


# The report of a test that failed


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Note where the journal stands when a test begins that uses a sandbox which is up already."""
    if _uses(item) and (backend := item.config.stash.get(_BACKEND, None)) is not None:
        item.stash[_SINCE] = backend.loop.run(backend.last_fact())
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[pytest.TestReport]:
    report = yield
    if report.failed and call.when != "teardown" and _uses(item):
        backend = item.config.stash.get(_BACKEND, None)
        if backend is not None:
            report.sections.append(("sandbox: what happened", _story(item, backend)))
    return report


def _story(item: pytest.Item, backend: Backend) -> str:
    from sandbox.pytest_plugin.story import read_story

    lease = getattr(item, "funcargs", {}).get("sandbox_lease")
    tenant = None if lease is None else lease.tenant
    return backend.loop.run(read_story(backend, item.stash.get(_SINCE, 0), tenant))


def _uses(item: pytest.Item) -> bool:
    return not FIXTURES.isdisjoint(getattr(item, "fixturenames", ()))
