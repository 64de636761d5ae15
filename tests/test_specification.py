"""Every statement of the specification has a test that runs, and the page that lists them is up to date."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.specification import COMMAND, DOCUMENT, SOURCE, Specification

NEVER_RUN = {"skip", "skipif", "xfail"}


@pytest.fixture(scope="module")
def specification() -> Specification:
    return Specification()


def test_every_statement_has_a_test_that_runs_in_ci(specification: Specification) -> None:
    proven = {name for proof in specification.proofs if specification.runs_in_ci(proof) for name in proof.statements}
    assert [name for name in specification.statements if name not in proven] == [], "statements without a test"


def test_every_mark_names_a_statement(specification: Specification) -> None:
    unknown = {
        f"{proof.node_id}: {name}"
        for proof in specification.proofs
        for name in proof.statements
        if name not in specification.statements
    }
    assert unknown == set(), f"not in {SOURCE.name}"


def test_every_mark_is_on_a_test_that_is_collected(specification: Specification) -> None:
    assert specification.misplaced == [], "a spec mark stands on no test"


def test_no_test_that_proves_a_statement_may_be_skipped(specification: Specification) -> None:
    assert [proof.node_id for proof in specification.proofs if proof.markers & NEVER_RUN] == []


def test_the_page_is_up_to_date(specification: Specification) -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == specification.render(), f"write it anew: {COMMAND}"


@pytest.fixture
def project(tmp_path: Path) -> Callable[[str], Specification]:
    """A project of one statement and one test file, read."""

    def read(tests: str) -> Specification:
        (tmp_path / "tests" / "room").mkdir(parents=True)
        (tmp_path / ".ci").mkdir()
        (tmp_path / ".ci" / "run").write_text('.venv/bin/pytest -q -m "java or node"\n', encoding="utf-8")
        options = "[tool.pytest.ini_options]\naddopts = \"-m 'not docker and not node'\"\n"
        (tmp_path / "pyproject.toml").write_text(options, encoding="utf-8")
        (tmp_path / "tests" / "room" / "test_one.py").write_text(tests, encoding="utf-8")
        source = tmp_path / "tests" / "specification.yaml"
        source.write_text("Section:\n  ONE: The one statement.\n", encoding="utf-8")
        return Specification(source, tmp_path)

    return read


def test_a_test_is_found_with_the_markers_of_its_module_and_its_own(project: Callable[[str], Specification]) -> None:
    found = project(
        "pytestmark = [pytest.mark.e2e]\n"
        "@pytest.mark.spec('ONE')\n@pytest.mark.node\nasync def test_a(): ...\n"
        "class TestB:\n    @pytest.mark.spec('ONE')\n    def test_b(self): ...\n"
    )
    assert [(proof.node_id, proof.markers) for proof in found.proofs] == [
        ("tests/room/test_one.py::test_a", {"e2e", "node"}),
        ("tests/room/test_one.py::TestB::test_b", {"e2e"}),
    ]
    assert "- **ONE** The one statement.\n  - [room/test_one.py](../tests/room/test_one.py) `test_a` `-m node`\n" in (
        found.render()
    )
    assert "1 statements, 2 tests, 1 only with `-m node`." in found.render()


@pytest.mark.parametrize(
    ("marker", "runs"), [("e2e", True), ("node", True), ("docker", False)], ids=["default", "ci", "by hand"]
)
def test_what_neither_the_default_run_nor_ci_runs_proves_nothing(
    project: Callable[[str], Specification], marker: str, runs: bool
) -> None:
    found = project(f"@pytest.mark.{marker}\n@pytest.mark.spec('ONE')\ndef test_a(): ...\n")
    assert found.runs_in_ci(found.proofs[0]) is runs


@pytest.mark.parametrize(
    "tests",
    [
        "@pytest.mark.spec('ONE')\ndef helper(): ...\n",
        "@pytest.mark.spec('ONE')\n@pytest.fixture\ndef thing(): ...\n",
        "def outer():\n    @pytest.mark.spec('ONE')\n    def test_a(): ...\n",
        "pytestmark = pytest.mark.spec('ONE')\ndef test_a(): ...\n",
        "@pytest.mark.spec('ONE')\ndef test_a(): ...\ndef test_a(): ...\n",
    ],
    ids=["function", "fixture", "inner", "module", "shadowed"],
)
def test_a_mark_that_is_on_no_test_is_found(project: Callable[[str], Specification], tests: str) -> None:
    found = project(tests)
    assert (found.proofs, found.misplaced) == ([], ["tests/room/test_one.py"])


def test_a_skip_is_seen_wherever_it_stands(project: Callable[[str], Specification]) -> None:
    found = project(
        "@pytest.mark.spec('ONE')\n"
        "@pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.skip)])\ndef test_a(x): ...\n"
    )
    assert found.proofs[0].markers & NEVER_RUN == {"skip"}


def test_a_test_that_is_skipped_while_it_runs_fails(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((SOURCE.parent / "conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_one.py").write_text(
        "import pytest\n"
        "@pytest.mark.spec('ONE')\ndef test_a(): pytest.skip('no Java')\n"
        "@pytest.mark.spec('ONE')\n@pytest.mark.parametrize('x', [])\ndef test_b(x): ...\n"
        "def test_c(): pytest.skip('as it likes')\n",
        encoding="utf-8",
    )
    options = ["-q", "-p", "no:cacheprovider", "-c", str(tmp_path / "none.ini"), str(tmp_path)]
    (tmp_path / "none.ini").write_text("[pytest]\nmarkers = spec: x\n", encoding="utf-8")
    done = subprocess.run([sys.executable, "-m", "pytest", *options], capture_output=True, text=True, timeout=60)
    assert "1 failed, 1 skipped, 1 error" in done.stdout, done.stdout
    assert "skipped, although it proves ONE" in done.stdout and "no Java" in done.stdout
