"""YAML as scenarios are written in it: every value has its line, nothing is executed, nothing explodes."""

import time

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.source import Source


def test_values_know_their_lines() -> None:
    source = Source.read("a: 1\nb:\n  - c: x\n    d: [1, 2]\n", "s.yaml")
    assert source.value == {"a": 1, "b": [{"c": "x", "d": [1, 2]}]}
    assert [source.at(path) for path in [("a",), ("b", 0), ("b", 0, "d"), ("b", 0, "d", 1), ("b", 7, "x"), ()]] == [
        "s.yaml:1", "s.yaml:3", "s.yaml:4", "s.yaml:4", "s.yaml:2", "s.yaml:1",
    ]  # fmt: skip
    assert source.value["b"][0]["c"].where == "s.yaml:3"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True), ("False", False), ("null", None), ("~", None), ("", None), ("5", 5), ("-5", -5), ("0.5", 0.5),
        ("1e3", 1000.0), ("-.5", -0.5), ("on", "on"), ("yes", "yes"), ("off", "off"), ("2024-12-03", "2024-12-03"),
        ("1:30", "1:30"), ("010", "010"), ("0x1f", "0x1f"), ("1_000", "1_000"), ("5s", "5s"), ("…", "…"), ("'5'", "5"),
    ],
)  # fmt: skip
def test_words_mean_what_they_say(text: str, value: object) -> None:
    read = Source.read(f"x: {text}", "s.yaml").value["x"]
    assert read == value and isinstance(read, type(value))


def test_aliases_may_be_used() -> None:
    assert Source.read("a: &x {b: 1}\nc: *x", "s.yaml").value == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "message", "where", "hint"),
    [
        ("a: 1\na: 2", "the key 'a' is there twice, first on line 1", "s.yaml:2", None),
        ("a:\n  k: {{ x }}", "a key must be a word", "s.yaml:2",
         'a template needs quotes: "{{ name }}" instead of {{ name }}'),
        ("a: b: c", "is not YAML: mapping values are not allowed", "s.yaml:1", "a text that holds `: ` needs quotes"),
        ("a: @b", "is not YAML", "s.yaml:1", "a text that begins with one of % @ ` & * needs quotes"),
        ("a: {$.b[0]: 1}", "is not YAML", "s.yaml:1",
         'inside { } a path with [ ] needs quotes: {"$.data[0].id": 1}'),
        ("a: [1", "is not YAML", "s.yaml:1", None),
        ("a: !!python/object/apply:os.system [ls]", "tags such as", "s.yaml:1", None),
        ("a: !secret x", "tags such as !secret are not used here", "s.yaml:1", None),
        ("a: *nothing", "is not YAML", "s.yaml:1", "a text that begins with one of % @ ` & * needs quotes"),
        ("", "is empty", "s.yaml:1", None),
        ("# only a comment", "is empty", "s.yaml:1", None),
        ("a: &x [*x]", "nested more than 40 levels deep", "s.yaml:1", None),
        ("x: " + "[" * 50 + "]" * 50, "nested more than 40 levels deep", "s.yaml:1", None),
        ("x: " + "[" * 100_000 + "]" * 100_000, "nest", "s.yaml:1", None),  # newer parsers have a limit of their own
        ("- " * 60_000 + "x", "nested more than 40 levels deep", "s.yaml:1", None),
        ("x: y" * 100_000, "is larger than 256 KB", "s.yaml", None),
        ("a: 1\n---\nb: 2", "is not YAML: but found another document", "s.yaml:2", None),
        ("a: \x01", "is not YAML", "s.yaml", None),
        ("x: " + "9" * 5_000, "is not a number", "s.yaml:1", None),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_where_and_what_to_do(text: str, message: str, where: str, hint: str | None) -> None:
    with pytest.raises(InvalidFile) as caught:
        Source.read(text, "s.yaml")
    assert message in caught.value.message
    assert (caught.value.where, caught.value.hint) == (where, hint)


def test_a_billion_laughs_are_cut_short() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    began = time.perf_counter()
    with pytest.raises(InvalidFile, match="more than 20000 values"):
        Source.read("\n".join(lines), "s.yaml")
    assert time.perf_counter() - began < 2
