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
