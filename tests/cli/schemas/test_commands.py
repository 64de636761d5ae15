"""`sandbox schemas` as a person uses it: what it prints, and its exit codes."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SUBJECT = "rim.fast-path-value"


def record(*fields: Any, name: str = "Tick", **members: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "namespace": "com.example", "fields": list(fields), **members}


def field(name: str, type_: Any, **members: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **members}


def venue(*symbols: str) -> dict[str, Any]:
    return field("venue", {"type": "enum", "name": "Venue", "symbols": list(symbols)})


ID, PRICE = field("id", "string"), field("price", "int")
TICK = record(ID, PRICE, venue("OPEN", "HALTED"))
WIDER = record(ID, field("price", "long"), venue("OPEN", "HALTED"), field("note", ["null", "string"], default=None))
BROKEN = record(field("key", "string"), field("price", "boolean"), venue("OPEN"))


@pytest.fixture
def write(cli: Any, tmp_path: Path) -> Callable[[str, Any], str]:
    """Writes a schema into the folder of the command and gives its name."""

    def one(name: str, schema: Any) -> str:
        (tmp_path / name).write_text(schema if isinstance(schema, str) else json.dumps(schema), encoding="utf-8")
        return name

    return one


@pytest.fixture
def filled(cli: Any, write: Any) -> Any:
    """The command line, on a registry with one subject of two versions."""
    for schema in (TICK, WIDER):
        done = cli("schemas", "register", SUBJECT, write("tick.avsc", schema))
        assert done.code == 0, done.err
    return cli


def test_registering_says_which_version_and_id_it_is(cli: Any, write: Any) -> None:
    tick = write("tick.avsc", TICK)
    assert cli("schemas", "register", SUBJECT, tick).out == f"registered {SUBJECT} version 1, id 1\n"
    assert cli("schemas", "register", SUBJECT, tick).out == f"was there already: {SUBJECT} version 1, id 1\n"
    done = cli("schemas", "register", SUBJECT, write("wider.avsc", WIDER), "--json")
    assert done.json == {"registered": True, "subject": SUBJECT, "version": 2, "id": 2}


def test_the_list_shows_the_newest_versions(filled: Any, write: Any, golden: Any) -> None:
    order = {"title": "Order", "type": "object"}
    filled("schemas", "register", "orders-value", write("order.json", order))
    filled(
        "schemas", "register", "lines-value", write("line.proto", 'syntax = "proto3"; package shop; message Line {}')
    )
    filled("schemas", "register", "gone-value", write("gone.avsc", '"int"'))
    filled("schemas", "delete", "gone-value")
    done = filled("schemas", "list")
    golden("list", done.out)
    assert "gone-value" not in done.out
    assert "gone-value" in filled("schemas", "list", "--deleted").out
    listed = filled("schemas", "list", "--deleted", "--json").json
    assert [each["subject"] for each in listed if each["deleted"]] == ["gone-value"]


def test_a_stored_schema_that_nobody_can_read_is_shown_as_it_is() -> None:
    from sandbox.cli.schemas_lines import schema_text, subject_lines

    broken = {"subject": "s", "version": 1, "id": 7, "schema": '{"type":"rec'}
    assert list(subject_lines([broken], frozenset()))[1].split() == ["s", "1", "7", "AVRO", "(not", "readable)"]
    assert schema_text(broken) == '{"type":"rec'


def test_a_schema_is_shown_alone_on_stdout(filled: Any, golden: Any) -> None:
    done = filled("schemas", "show", SUBJECT)
    assert json.loads(done.out) == WIDER
    golden("show", done.out)
    assert done.err == f"{SUBJECT}  version 2 (also: 1)  id 2  AVRO  BACKWARD\n"
    assert json.loads(filled("schemas", "show", SUBJECT, "--version", "1").out) == TICK
    shown = filled("schemas", "show", SUBJECT, "--json").json
    assert (shown["id"], shown["versions"], shown["compatibilityLevel"]) == (2, [1, 2], "BACKWARD")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("rim.fast-path",), f"did you mean {SUBJECT}?"),
        (("rim.fast-pat-value",), f"did you mean {SUBJECT}?"),
        (("nothing.like.it",), "`sandbox schemas list` has them all"),
        ((SUBJECT, "--version", "7"), "it has 1, 2"),
    ],
)
def test_what_there_is_not_is_named_with_its_neighbours(filled: Any, arguments: tuple[str, ...], hint: str) -> None:
    done = filled("schemas", "show", *arguments)
    assert (done.code, done.out) == (2, "")
    assert hint in done.err


def test_a_schema_that_fits_is_told_what_that_promises(filled: Any, write: Any) -> None:
    fitting = record(ID, field("price", "double"), venue("OPEN", "HALTED", "AUCTION"))
    done = filled("schemas", "check", SUBJECT, write("new.avsc", fitting))
    assert done.code == 0
    assert done.out == (
        f"new.avsc and {SUBJECT}: compatible with version 2 (BACKWARD): new consumers read old records; "
        "move consumers first\n"
    )


def test_the_verdict_names_who_breaks_where_and_the_way_out(filled: Any, write: Any, golden: Any) -> None:
    filled("schemas", "compatibility", SUBJECT, "FULL_TRANSITIVE")
    broken = write("broken.avsc", BROKEN)
    done = filled("schemas", "check", SUBJECT, broken)
    assert done.code == 1
    golden("check", done.out)
    found = filled("schemas", "check", SUBJECT, broken, "--json")
    assert found.code == 1
    assert (found.json["compatible"], found.json["level"], found.json["versions"]) == (False, "FULL_TRANSITIVE", [2, 1])
    assert {each["breaks"] for each in found.json["findings"]} == {"readers", "writers"}
    assert {each["where"] for each in found.json["findings"]} >= {"Tick.key", "Tick.id", "Tick.price", "Tick.venue"}


def test_registering_is_refused_with_the_same_verdict(filled: Any, write: Any) -> None:
    broken = write("broken.avsc", BROKEN)
    checked = filled("schemas", "check", SUBJECT, broken)
    done = filled("schemas", "register", SUBJECT, broken)
    assert (done.code, done.out) == (1, "")
    assert done.err == "not registered\n" + checked.out
    found = filled("schemas", "register", SUBJECT, broken, "--json")
    assert (found.code, found.json["registered"], found.json["compatible"]) == (1, False, False)
    assert filled("schemas", "show", SUBJECT, "--json").json["versions"] == [1, 2]


def test_a_new_subject_and_a_known_schema_are_said_to_be_that(filled: Any, write: Any) -> None:
    tick = write("tick.avsc", TICK)
    assert filled("schemas", "check", "other", tick).out == "tick.avsc would be the first version of other\n"
    assert filled("schemas", "check", SUBJECT, tick).out == f"tick.avsc is {SUBJECT} version 1 (id 1) already\n"
    filled("schemas", "compatibility", SUBJECT, "NONE")
    done = filled("schemas", "check", SUBJECT, write("broken.avsc", BROKEN))
    assert (done.code, done.out) == (0, f"broken.avsc and {SUBJECT}: compatible (NONE): nothing is checked\n")


def test_what_nobody_can_judge_is_not_called_compatible(cli: Any, write: Any) -> None:
    cli("schemas", "register", "p", write("a.json", '{"type": "string"}'))
    done = cli("schemas", "check", "p", write("b.json", '{"type": "string", "not": {"enum": ["x"]}}'))
    assert done.code == 1
    assert done.out.startswith("b.json and p: compatibility cannot be told (BACKWARD)\n")
    assert cli("schemas", "check", "p", "b.json", "--json").json["compatible"] is None
    refused = cli("schemas", "register", "p", "b.json")
    assert refused.code == 2
    assert "cannot be told" in refused.err


def test_protobuf_schemas_get_a_verdict_too(cli: Any, write: Any) -> None:
    cli("schemas", "register", "p", write("a.proto", 'syntax = "proto3"; message A { int32 x = 1; }'))
    done = cli("schemas", "check", "p", write("b.proto", 'syntax = "proto3"; message A { string x = 1; }'))
    assert (done.code, done.out) == (
        1,
        "b.proto and p: not compatible with version 1 (BACKWARD)\n"
        "new consumers cannot read old records (version 1):\n"
        '  string x = 1: Field "1" with name "x" on message "A" changed type from "int32" to "string".\n'
        "    → keep the type, or add a field with another number\n",
    )
    assert cli("schemas", "check", "p", write("c.proto", 'syntax = "proto3"; message A { int64 x = 1; }')).code == 0


def test_another_type_of_schema_belongs_under_another_subject(filled: Any, write: Any) -> None:
    done = filled("schemas", "check", SUBJECT, write("order.json", {"type": "object"}))
    assert done.code == 1
    assert "the schema is JSON, the subject holds AVRO" in done.out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("bad.avsc", '{"type":"record","name":"R","fields":[{"name":"a","type":"strin"}]}', "/fields/0/type"),
        ("bad.avsc", "{", "no AVRO schema"),
        ("bad.avsc", " ", "is empty"),
        ("bad.json", '{"type": "nothing"}', "no JSON schema"),
        ("bad.proto", "message {", "no PROTOBUF schema"),
        ("bad.txt", "{}", "call it .avsc, .json or .proto, or say --type"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(cli: Any, write: Any, name: str, text: str, said: str) -> None:
    for command in ("check", "register"):
        done = cli("schemas", command, "s", write(name, text))
        assert (done.code, done.out) == (2, ""), command
        assert name in done.err and said in done.err


def test_stdin_is_read_and_the_type_can_be_said(cli: Any, write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"title": "Order"}'))
    assert cli("schemas", "register", "o", "-", "--type", "json").code == 0
    assert cli("schemas", "show", "o", "--json").json["schemaType"] == "JSON"
    monkeypatch.setattr("sys.stdin", io.StringIO('"int"'))
    assert cli("schemas", "register", "n", "-").out == "registered n version 1, id 2\n"
    assert cli("schemas", "register", "n", write("x.txt", '"int"'), "--type", "avro").code == 0
    assert "choose from avro, json, protobuf" in cli("schemas", "register", "n", "x.txt", "--type", "xml").err


def test_references_are_given_by_name_subject_and_version(cli: Any, write: Any) -> None:
    kind = {"type": "enum", "name": "com.Kind", "symbols": ["A", "B"]}
    event = {"type": "record", "name": "com.Event", "fields": [{"name": "kind", "type": "com.Kind"}]}
    cli("schemas", "register", "kind", write("kind.avsc", kind))
    reference = ("--reference", "com.Kind=kind:latest")
    assert cli("schemas", "register", "event", write("event.avsc", event), *reference).code == 0
    shown = cli("schemas", "show", "event", "--json").json
    assert shown["references"] == [{"name": "com.Kind", "subject": "kind", "version": 1}]
    assert "refers to com.Kind = kind:1" in cli("schemas", "show", "event").err
    event["fields"].append({"name": "other", "type": "com.Kind"})
    done = cli("schemas", "check", "event", write("event.avsc", event), *reference)
    assert done.code == 1 and "Event.other: the new field has no default" in done.out
    assert "write NAME=SUBJECT:VERSION" in cli("schemas", "check", "event", "event.avsc", "--reference", "kind").err
    unknown = cli("schemas", "check", "event", "event.avsc", "--reference", "com.Kind=kin:1")
    assert unknown.code == 2 and "did you mean kind?" in unknown.err


def test_the_difference_is_told_field_by_field(filled: Any, write: Any, golden: Any) -> None:
    done = filled("schemas", "diff", SUBJECT)
    assert done.code == 0
    golden("diff", done.out)
    assert filled("schemas", "diff", SUBJECT, "1", "2").out == done.out
    assert filled("schemas", "diff", SUBJECT, "1").out == done.out
    back = filled("schemas", "diff", SUBJECT, "2", "1").out.splitlines()
    assert back[-2:] == ["new consumers read old records: no", "old consumers read new records: yes"]
    tick = write("tick.avsc", TICK)
    assert filled("schemas", "diff", SUBJECT, tick).out.startswith(f"{SUBJECT}: version 2 → tick.avsc\n")
    assert filled("schemas", "diff", SUBJECT, "1", tick).out == f"{SUBJECT}: version 1 → tick.avsc\nno difference\n"
    found = filled("schemas", "diff", SUBJECT, "--json").json
    assert (found["newReadsOld"], found["oldReadsNew"], len(found["changes"])) == (True, False, 2)
    assert "a file may only come last" in filled("schemas", "diff", SUBJECT, tick, "1").err


def test_one_version_alone_has_nothing_to_be_compared_with(cli: Any, write: Any) -> None:
    cli("schemas", "register", "s", write("tick.avsc", TICK))
    done = cli("schemas", "diff", "s")
    assert done.code == 2 and "s has only version 1" in done.err


def test_deleting_is_soft_until_it_is_said_to_be_for_good(filled: Any) -> None:
    done = filled("schemas", "delete", SUBJECT, "--version", "1")
    assert done.out == f"{SUBJECT}: version 1 deleted softly\n"
    assert filled("schemas", "delete", SUBJECT).out == f"{SUBJECT}: version 2 deleted softly\n"
    assert filled("schemas", "show", SUBJECT).code == 2
    assert json.loads(filled("schemas", "show", SUBJECT, "--deleted").out) == WIDER
    again = filled("schemas", "delete", SUBJECT)
    assert again.code == 2 and "soft deleted" in again.err
    done = filled("schemas", "delete", SUBJECT, "--permanent", "--json")
    assert done.json == {"subject": SUBJECT, "deleted": [1, 2], "permanent": True}
    assert filled("schemas", "list", "--deleted", "--json").json == []
    assert filled("schemas", "delete", SUBJECT).code == 2


def test_deleting_for_good_does_both_steps(filled: Any) -> None:
    done = filled("schemas", "delete", SUBJECT, "--version", "latest", "--permanent")
    assert done.out == f"{SUBJECT}: version 2 deleted for good\n"
    assert filled("schemas", "delete", SUBJECT, "--permanent").out == f"{SUBJECT}: version 1 deleted for good\n"


def test_what_others_refer_to_is_not_deleted_and_they_are_named(cli: Any, write: Any) -> None:
    cli("schemas", "register", "kind", write("kind.avsc", {"type": "enum", "name": "Kind", "symbols": ["A"]}))
    event = record(field("kind", "Kind"), namespace="")
    cli("schemas", "register", "event", write("event.avsc", event), "--reference", "Kind=kind:1")
    for arguments in ((), ("--permanent",), ("--version", "1")):
        done = cli("schemas", "delete", "kind", *arguments)
        assert done.code == 2
        assert "version 1 is used by event version 1" in done.err
    assert cli("schemas", "show", "kind").code == 0


def test_levels_are_shown_set_and_taken_back(filled: Any, golden: Any) -> None:
    assert filled("schemas", "compatibility", SUBJECT).out == f"{SUBJECT}  BACKWARD  (global)\n"
    assert filled("schemas", "compatibility", SUBJECT, "full").out == f"{SUBJECT}  FULL\n"
    filled("schemas", "compatibility", "forward")
    golden("compatibility", filled("schemas", "compatibility").out)
    found = filled("schemas", "compatibility", "--json").json
    assert found == {"global": "FORWARD", "subjects": {SUBJECT: "FULL"}}
    assert filled("schemas", "compatibility", SUBJECT, "--unset").out == f"{SUBJECT}  FORWARD  (global)\n"
    assert filled("schemas", "compatibility", SUBJECT, "--unset").code == 0
    assert filled("schemas", "compatibility", "--unset").out == "(global)  BACKWARD\n"
    one = filled("schemas", "compatibility", SUBJECT, "--json").json
    assert one == {"subject": SUBJECT, "level": "BACKWARD", "own": False}


def test_a_level_that_there_is_not_is_refused(filled: Any) -> None:
    done = filled("schemas", "compatibility", SUBJECT, "SIDEWARD")
    assert done.code == 2 and "choose from NONE, BACKWARD" in done.err
    both = filled("schemas", "compatibility", SUBJECT, "FULL", "--unset")
    assert both.code == 2 and "either a level or --unset" in both.err
    assert "no subject nothing yet" in filled("schemas", "compatibility", "nothing", "FULL").err


class TestWithUsers:
    """The registry asks for a user and password."""

    @pytest.fixture
    def users(self) -> dict[str, str]:
        return {"ann": "se:cret"}

    def test_without_them_the_way_out_is_told(self, cli: Any) -> None:
        done = cli("schemas", "list")
        assert done.code == 3
        assert "SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO" in done.err

    def test_with_them_all_works(self, cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO", "ann:se:cret")
        assert cli("schemas", "list", "--json").json == []


def test_a_registry_that_is_away_is_trouble_of_the_environment(small_sandbox: Any, cli: Any) -> None:
    small_sandbox.endpoints["schema_registry"] = "http://127.0.0.1:9"
    done = cli("schemas", "list")
    assert done.code == 3 and "does not answer" in done.err
    small_sandbox.endpoints["schema_registry"] = None
    assert "--without schema-registry" in cli("schemas", "list").err


def test_shells_complete_subjects_and_levels(filled: Any) -> None:
    from types import SimpleNamespace

    from sandbox.cli.schemas_manage import _scopes
    from sandbox.cli.schemas_target import _subjects

    context: Any = SimpleNamespace(params={})
    assert _subjects(context, "rim") == [SUBJECT]
    assert _subjects(context, "x") == []
    assert _scopes(context, "forw") == ["FORWARD", "FORWARD_TRANSITIVE"]
