"""`sandbox schemas` on the real Kafka: the contracts' subjects are there, and evolve only as their level allows."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

SUBJECT = "plato.governance-value"


def test_a_contract_evolves_as_its_level_allows(shared: Any, tmp_path: Any) -> None:
    cli, status = shared
    listed = {each["subject"]: each for each in cli.ok("schemas", "list", "--json").json}
    assert listed[SUBJECT]["version"] == 1
    schema = json.loads(cli.ok("schemas", "show", SUBJECT).out)

    schema["fields"].append({"name": "ticket", "type": "string"})
    file = tmp_path / "governance.avsc"
    file.write_text(json.dumps(schema), encoding="utf-8")
    refused = cli.run("schemas", "register", SUBJECT, str(file))
    assert (refused.code, refused.out) == (1, "")
    assert "new consumers cannot read old records (version 1):\n  GovernanceEvent.ticket" in refused.err

    schema["fields"][-1]["default"] = ""
    file.write_text(json.dumps(schema), encoding="utf-8")
    assert cli.ok("schemas", "register", SUBJECT, str(file), "--json").json["version"] == 2
    assert '+ GovernanceEvent.ticket: string, default ""' in cli.ok("schemas", "diff", SUBJECT).out
    document = cli.ok("schemas", "asyncapi", "--name", status["name"], "--json").json
    message = document["components"]["messages"]["plato.governance"]
    assert message["x-schema-registry"]["version"] == 2
    assert cli.ok("schemas", "delete", SUBJECT, "--version", "2", "--permanent").out.endswith("deleted for good\n")


STORY = """
scenario: One record type under three subjects
steps:
  - publish: perception.signals
    as: signal
    subject-strategy: %s
    key: rim:entity:finance:GBPUSD
    value: {severity: LOW}
  - expect: perception.signals
    where: {$.event_id: "{{ signal.event_id }}", $.severity: LOW}
  - http: GET {{ odyssey }}/api/v1/events?size=200
    expect:
      $.data[*].eventId: {contains: "{{ signal.event_id }}"}
    within: 10s
"""


@pytest.mark.parametrize(
    ("strategy", "subject"),
    [
        ("record-name", "com.z254.butterfly.perception.avro.SignalEvent"),
        ("topic-record-name", "perception.signals-com.z254.butterfly.perception.avro.SignalEvent"),
    ],
)
def test_records_under_other_subjects_are_written_seen_and_consumed(
    shared: Any, tmp_path: Any, strategy: str, subject: str
) -> None:
    cli, _ = shared
    story = tmp_path / "story.yaml"
    story.write_text(STORY % strategy, encoding="utf-8")
    cli.ok("scenario", "validate", str(story))
    done = cli.run("scenario", "run", str(story))
    assert done.code == 0, done.out + done.err
    schemas = [json.loads(cli.ok("schemas", "show", each).out) for each in (subject, "perception.signals-value")]
    assert schemas[0] == schemas[1]
