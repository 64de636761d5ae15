"""Data files, row by row."""

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.rows import read_rows


def test_json_lines_are_objects_with_their_lines():
    rows = read_rows('{"a": 1}\n\n{"a": [null]}\n', "x/t.jsonl")
    assert [(dict(each.values), each.where) for each in rows] == [
        ({"a": 1}, "x/t.jsonl:1"),
        ({"a": [None]}, "x/t.jsonl:3"),
    ]


def test_csv_cells_are_what_json_would_make_of_them_else_text():
    (row,) = read_rows('id,price,up,name,none,code\nx,1.05,true,"a, b",,007\n', "t.csv")
    assert dict(row.values) == {"id": "x", "price": 1.05, "up": True, "name": "a, b", "none": None, "code": "007"}


def test_a_row_over_several_lines_is_known_by_its_first():
    rows = read_rows('a,b\n1,"two\nlines"\n3,4\n', "t.csv")
    assert [each.where for each in rows] == ["t.csv:2", "t.csv:4"]


@pytest.mark.parametrize(
    ("name", "text", "where", "message"),
    [
        ("t.jsonl", '{"a": 1}\n{"a": \n', "t.jsonl:2", "is not JSON"),
        ("t.jsonl", "[1]\n", "t.jsonl:1", "expected a JSON object"),
        ("t.jsonl", '{"a": NaN}\n', "t.jsonl:1", "NaN is no JSON number"),
        ("t.jsonl", "\n", "t.jsonl", "has no rows"),
        ("t.csv", "a,b\n1,2\n3\n", "t.csv:3", "has 1 cells, the first line names 2 columns"),
        ("t.csv", "a,a\n1,2\n", "t.csv:1", "each once"),
        ("t.csv", 'a\n"open\n', "t.csv:2", "is not CSV"),
    ],
)
def test_a_bad_row_is_told_with_its_line(name, text, where, message):
    with pytest.raises(InvalidFile) as caught:
        read_rows(text, name)
    assert caught.value.where == where and message in caught.value.message
