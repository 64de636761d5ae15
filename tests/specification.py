"""The statements of the specification and the tests that prove them.

`.venv/bin/python -m tests.specification` writes docs/specification.md. Tests are read, not imported: a test proves a
statement when it carries `@pytest.mark.spec("ID")` and pytest collects it, and it may never be skipped.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "tests" / "specification.yaml"
DOCUMENT = ROOT / "docs" / "specification.md"
COMMAND = ".venv/bin/python -m tests.specification"
HEAD = f"""# Specification

What the platform's communication patterns say, statement by statement in our own words, and the tests that prove each.
This page is written by `{COMMAND}` from
[tests/specification.yaml](../tests/specification.yaml) and the tests' `@pytest.mark.spec(…)`; a test fails when a
statement has no test or this page is out of date.
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test that proves statements. `markers` are those of its function and of its module."""

    path: str
    test: str
    statements: tuple[str, ...]
    markers: frozenset[str]

    @property
    def node_id(self) -> str:
        return f"{self.path}::{self.test}"


class Specification:
    """Statements by section, and the proofs found in the tests."""

    def __init__(self, source: Path = SOURCE, root: Path = ROOT) -> None:
        self.sections: dict[str, dict[str, str]] = yaml.load(source.read_text(encoding="utf-8"), _UniqueKeys)
        self.statements = {name: text for section in self.sections.values() for name, text in section.items()}
        self.proofs: list[Proof] = []
        self.misplaced: list[str] = []
        """Places of spec marks that are on no test."""
        for path in sorted((root / "tests").rglob("test_*.py")):
            self._read(path, path.relative_to(root).as_posix())
        self.off_by_default = set(re.findall(r"not (\w+)", _pytest_options(root)["addopts"]))
        self.in_ci = set(re.findall(r"\w+", _ci_markers(root))) - {"or"}

    def of(self, statement: str) -> list[Proof]:
        return [proof for proof in self.proofs if statement in proof.statements]

    def runs_in_ci(self, proof: Proof) -> bool:
        return not proof.markers & (self.off_by_default - self.in_ci)

    def render(self) -> str:
        return "\n".join(
            [HEAD, *self._counts(), *(line for each in self.sections.items() for line in self._part(each))]
        )

    def _read(self, path: Path, shown: str) -> None:
        text = path.read_text(encoding="utf-8")
        if "mark.spec" not in text:
            return
        tree = ast.parse(text)
        everywhere = [marker for each in tree.body if _is_pytestmark(each) for marker in _markers(each)]
        found = 0
        for owner, function in _tests(tree):
            marks = [mark for each in function.decorator_list for mark in _spec_marks(each)]
            found += len(marks)
            if marks:
                names = tuple(sorted({ast.literal_eval(argument) for mark in marks for argument in mark.args}))
                markers = frozenset(
                    {*everywhere, *(name for each in function.decorator_list for name in _markers(each))}
                )
                self.proofs.append(Proof(shown, f"{owner}{function.name}", names, markers - {"spec", "parametrize"}))
        if found != len(list(_spec_marks(tree))):
            self.misplaced.append(shown)

    def _counts(self) -> Iterator[str]:
        needs = Counter(marker for proof in self.proofs for marker in proof.markers & self.off_by_default)
        more = "".join(f", {count} only with `-m {marker}`" for marker, count in sorted(needs.items()))
        yield f"{len(self.statements)} statements, {len(self.proofs)} tests{more}.\n"

    def _part(self, section: tuple[str, dict[str, str]]) -> Iterator[str]:
        title, statements = section
        yield f"## {title}\n"
        for name, text in statements.items():
            yield f"- **{name}** {text}"
            for proof in self.of(name):
                needs = "".join(f" `-m {marker}`" for marker in sorted(proof.markers & self.off_by_default))
                yield f"  - [{proof.path.removeprefix('tests/')}](../{proof.path}) `{proof.test}`{needs}"
        yield ""


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a statement or a section that stands there twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        names = Counter(key.value for key, _ in node.value)
        twice = [name for name, count in names.items() if count > 1]
        assert not twice, f"{SOURCE.name}: {', '.join(twice)} stands there twice"
        return super().construct_mapping(node, deep)


def _tests(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """What pytest collects: functions `test_…` of the module and of its classes `Test…`, the last of each name."""
    for owner, body in [("", tree.body), *((f"{each.name}::", each.body) for each in tree.body if _is_suite(each))]:
        functions = [each for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        last = {each.name: each for each in functions if each.name.startswith("test_")}
        yield from ((owner, function) for function in last.values())


def _is_suite(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and node.name.startswith("Test")


def _is_pytestmark(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets)


def _markers(node: ast.AST) -> Iterator[str]:
    """NAME of every `pytest.mark.NAME` below `node`."""
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Attribute) and each.value.attr == "mark":
            yield each.attr


def _spec_marks(node: ast.AST) -> Iterator[ast.Call]:
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Attribute)
            and list(_markers(each.func)) == ["spec"]
        ):
            yield each


def _pytest_options(root: Path) -> dict[str, str]:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return project["tool"]["pytest"]["ini_options"]


def _ci_markers(root: Path) -> str:
    """The marker expression that CI adds to the default run."""
    found = re.search(r'pytest .*-m "([^"]+)"', (root / ".ci" / "run").read_text(encoding="utf-8"))
    return found[1] if found else ""


if __name__ == "__main__":
    DOCUMENT.write_text(Specification().render(), encoding="utf-8")
