"""`sandbox bundle`: what a bug report needs, and none of the secrets that were planted everywhere."""

from __future__ import annotations

import base64
import json
import tarfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

API_KEY = "butterfly_test_" + "k9" * 16
PASSWORD, VARIABLE, IN_URL, IN_LOG = "Reg1stry-pa55", "Var1able-53cret", "Url-pa55word", "L0g-pa55word"
PLANTED = (API_KEY, PASSWORD, VARIABLE, IN_URL, IN_LOG)


def contents(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        return {
            entry.name.split("/", 1)[1]: archive.extractfile(entry).read().decode()  # type: ignore[union-attr]
            for entry in archive
        }


def refuse_secrets(found: dict[str, str], *more: str) -> None:
    for name, text in found.items():
        for secret in (*PLANTED, *more):
            for form in (
                secret,
                base64.b64encode(secret.encode()).decode(),
                base64.b64encode(f"admin:{secret}".encode()).decode(),
            ):
                assert form not in text, f"{form} in {name}"


def test_a_bundle_has_what_a_bug_report_needs_and_no_secret(cli: Any, tmp_path: Path) -> None:
    (cli.folder / "sandbox.toml").write_text(
        f'ports = "auto"\nprofile = "demo"\n[registry-users]\nadmin = "{PASSWORD}"\n[api-keys]\n{API_KEY} = "*"\n',
        encoding="utf-8",
    )
    cli.environ |= {"SANDBOX_MIRROR": f"http://me:{IN_URL}@localhost:1/", "KAFKA_SASL_PASSWORD": VARIABLE}
    status = cli.ok("up", "--json").json
    name, folder = status["name"], cli.state_root / status["name"]
    token = (folder / "token").read_text(encoding="ascii").strip()
    run = cli.ok("scenario", "run", "golden-path", "--json").json
    assert run
    bearer = cli.ok("token", "--scope", "read:capsules").out.strip()
    capsule = f"{status['endpoints']['capsule']}/api/v1/capsules"
    for path in (f"?token={bearer}", f"?api_key={API_KEY}", f"?password={IN_LOG}"):
        request = urllib.request.Request(capsule + path, headers={"Authorization": f"Bearer {bearer}"})
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
    cli.ok("fault", "add", "latency", "--on", "capsule", "--ms", "1")
    with (folder / "logs" / "engine.log").open("a", encoding="utf-8") as log:
        log.write(f'sasl.jaas.config=org.apache.X required username="u" password="{IN_LOG}";\nX-API-Key: {API_KEY}\n')

    file = tmp_path / "report.tar.gz"
    told = cli.ok("bundle", str(file), "--json").json
    found = contents(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(found) == sorted(told["files"])
    assert told["missing"] == []
    refuse_secrets(found, token, bearer)
    wanted = {
        "versions.json", "status.json", "topics.json", "groups.json", "groups/capsule.json", "faults.json",
        "ledger.json", "facts.jsonl", "doctor.json", "config/plan.json", "config/sandbox.toml",
        "config/environment.json",
        "config/server.properties", "logs/engine.log", "logs/kafka.log", "logs/services.log", "summary.txt",
    }  # fmt: skip
    assert wanted <= found.keys()
    assert [name for name in found if name.startswith("scenarios/")], "the last run"
    assert json.loads(found["groups/capsule.json"])["partitions"][0]["lag"] == 0
    assert json.loads(found["faults.json"])["faults"][0]["kind"] == "latency"
    assert {json.loads(line)["kind"] for line in found["facts.jsonl"].splitlines()} >= {
        "ScenarioStarted",
        "RequestServed",
    }
    assert json.loads(found["config/plan.json"])["registry_users"] == "***"
    assert cli.run("bundle", str(file)).code == 2, "nothing is overwritten"

    cli.ok("down")
    stopped = cli.ok("bundle", "--json")
    path = Path(stopped.json["file"])
    assert path.parent == cli.folder
    assert path.name.startswith(f"sandbox-{name}-")
    found = contents(path)
    refuse_secrets(found, token, bearer)
    assert {"logs/kafka.log", "config/plan.json", "doctor.json", "versions.json"} <= found.keys()
    assert "it does not run" in found["summary.txt"]
    assert "missing: all that the engine would tell" in stopped.err


def test_a_sandbox_that_never_was_gives_a_bundle_too(cli: Any) -> None:
    done = cli.ok("bundle", "here.tar.gz", "--json").json
    assert "doctor.json" in done["files"]
    assert (cli.folder / "here.tar.gz").is_file()
