"""Schemas registered and checked, and the refusal that is expected."""

import json
from typing import Any

import pytest

from sandbox.errors import InvalidFile
from sandbox.scenarios.load import read_scenario

SUBJECT = "/subjects/orders-value"
CHECK = "POST /compatibility/subjects/orders-value/versions/latest?verbose=true"


def story(*lines: str) -> str:
    return "scenario: s\nsteps:\n" + "".join(f"  {line}\n" for line in lines)


async def test_a_schema_is_registered_and_its_id_and_version_are_known_afterwards(world: Any, play: Any) -> None:
    world.answers[f"POST {SUBJECT}/versions"] = [{"id": 7}]
    world.answers[f"POST {SUBJECT}"] = [{"id": 7, "version": 2}]
    lines = ["- registry: register orders-value", "  schema: {type: string}", "  as: first"]
    result = await play(story(*lines, '- say: "{{ first.id }} {{ first.version }}"'))
    assert (result.steps[0].detail, result.steps[1].title) == ("id 7, version 2", "7 2")
    sent = json.loads(world.calls_made[0].body)
    assert sent == {"schema": '{"type": "string"}', "schemaType": "AVRO"}


async def test_a_refusal_can_be_what_is_expected_with_its_words(world: Any, play: Any) -> None:
    world.answers[f"POST {SUBJECT}/versions"] = [(409, {"error_code": 409, "message": "READER_FIELD_MISSING"})]
    lines = ["- registry: register orders-value", "  schema-file: v2.avsc", "  is: refused"]
    files = {"v2.avsc": '{"type": "long"}'}
    result = await play(story(*lines, "  says: {contains: READER_FIELD}"), files=files)
    assert (result.outcome, result.steps[0].detail) == ("passed", "refused: READER_FIELD_MISSING")
    assert json.loads(world.calls_made[0].body)["schema"] == '{"type": "long"}'
    result = await play(story(*lines, "  says: {contains: NAME}"), files=files)
    assert result.steps[0].failure.lines()[:2] == [
        "expected  refused, saying contains NAME", "actual    READER_FIELD_MISSING",
    ]  # fmt: skip
    result = await play(story(*lines[:2]), files=files)
    assert result.steps[0].failure.actual == "refused: READER_FIELD_MISSING"


async def test_a_check_says_what_would_come_of_it(world: Any, play: Any) -> None:
    world.answers[CHECK] = [{"is_compatible": False, "messages": ["first", "second"]}, {"is_compatible": True}]
    lines = ["- registry: check orders-value", "  schema: '\"long\"'"]
    result = await play(story(*lines, "  is: refused", *lines))
    assert [step.detail for step in result.steps] == ["refused: first; second", "would be accepted"]


async def test_a_level_is_changed_and_put_back_at_the_end(world: Any, play: Any) -> None:
    world.answers["GET /config/orders-value"] = [{"compatibilityLevel": "FULL"}]
    world.answers["PUT /config/orders-value"] = [{"compatibility": "NONE"}]
    result = await play(story("- registry: compatibility orders-value", "  level: NONE", "- wait: 1s"))
    assert (result.outcome, result.steps[0].detail) == ("passed", "was FULL")
    levels = [json.loads(each.body)["compatibility"] for each in world.calls_made if each.method == "PUT"]
    assert levels == ["NONE", "FULL"]


async def test_a_level_that_was_not_there_is_removed_again(world: Any, play: Any) -> None:
    world.answers["PUT /config/orders-value"] = [{"compatibility": "NONE"}]
    await play(story("- registry: compatibility orders-value", "  level: NONE"))
    assert [each.method for each in world.calls_made] == ["GET", "PUT", "DELETE"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["- registry: registre a"], "expected one of register, check, compatibility"),
        (["- registry: register"], "expected an operation and a subject"),
        (["- registry: register a"], "takes either `schema` or `schema-file`"),
        (["- registry: register a", "  schema: {}", "  schema-file: b"], "takes either `schema` or `schema-file`"),
        (["- registry: compatibility a", "  schema: {}"], "takes a `level`, no schema"),
        (["- registry: compatibility a", "  level: MOST"], "level: expected"),
        (["- registry: register a", "  schema: {}", "  says: x"], "`says` is about a refusal"),
        (["- registry: register a", "  schema-file: none.avsc"], "there is no file 'none.avsc'"),
    ],
)
def test_what_it_cannot_do_is_an_error_of_the_file(lines: list[str], message: str) -> None:
    with pytest.raises(InvalidFile, match=message):
        read_scenario(story(*lines), "s.yaml")
