from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

TOPIC = {
    "name": "rim.fast-path",
    "partitions": [{"partition": 0, "begin": 0, "end": 42}, {"partition": 1, "begin": 3, "end": 3}],
    "records": 42,
    "replication": 1,
    "config": {"retention.ms": "604800000"},
    "contract": {"key": "RimNodeId", "format": "avro", "schema": "com.z254.butterfly.RimFastEvent"},
}
DESCRIPTION = """\
rim.fast-path  2 partitions  replication 1  42 records
  key     RimNodeId
  value   avro com.z254.butterfly.RimFastEvent
  retention.ms=604800000
  partition       begin         end
          0           0          42
          1           3           3
"""
RECORDS = "POST /v1/topics/rim.fast-path/records"
SENT = {"topic": "rim.fast-path", "partition": 4, "offset": 17, "requestId": "req-1"}


@pytest.fixture
def produced(control, sandbox, monkeypatch):
    """What `topics produce` asks for, given its stdin."""
    control.answers[RECORDS] = (201, SENT)

    def run(stdin: bytes, *options: str):
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(stdin), isatty=lambda: False))
        return sandbox("topics", "produce", "rim.fast-path", *options)

    return run


def test_a_topic_is_shown_with_its_contract_settings_and_offsets(sandbox, control) -> None:
    control.answers["GET /v1/topics/rim.fast-path"] = TOPIC
    assert sandbox("topics", "describe", "rim.fast-path").out == DESCRIPTION
    assert sandbox("topics", "describe", "rim.fast-path", "--json").json == TOPIC


def test_a_topic_without_a_contract_says_so(sandbox, control) -> None:
    control.answers["GET /v1/topics/mine"] = {**TOPIC, "name": "mine", "config": {}, "contract": None}
    assert sandbox("topics", "describe", "mine").out.splitlines()[1] == "  no contract"


def test_a_value_from_stdin_is_published_with_key_headers_and_partition(produced, control) -> None:
    done = produced(
        b'{"stress": 0.9}', "--key", "rim:a:b:c", "--header", "X-Tenant-ID=t1", "--header", "a=b=c", "--partition", "4"
    )
    assert (done.code, done.out, done.err) == (0, "rim.fast-path-4@17  req-1\n", "")
    assert control.asked == [
        (
            RECORDS,
            {
                "key": "rim:a:b:c",
                "headers": {"X-Tenant-ID": "t1", "a": "b=c"},
                "partition": 4,
                "value": {"stress": 0.9},
            },
        )
    ]


def test_several_values_of_a_file_are_published_one_after_another(produced, control, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text('{"n": 1}\n{"n": 2} {"n":\n3}\nnull\n')
    done = produced(b"", "--file", str(file), "--json")
    assert [body["value"] for _, body in control.asked] == [{"n": 1}, {"n": 2}, {"n": 3}, None]
    assert len(done.out.splitlines()) == 4
    assert done.out.splitlines()[0].startswith('{"topic": "rim.fast-path"')


def test_raw_bytes_are_published_as_they_are(produced, control) -> None:
    assert produced(b"\x00no avro", "--raw").code == 0
    ((_, body),) = control.asked
    assert body == {"key": None, "headers": {}, "partition": None, "value_base64": "AG5vIGF2cm8="}


@pytest.mark.parametrize(
    ("stdin", "options", "said"),
    [
        (b"", (), "-: there is no value"),
        (b" \n", (), "-: there is no value"),
        (b'{"n": 1}\n{"n": }', (), "-:2:7: is not JSON"),
        (b"\xff", (), "is not UTF-8"),
        (b"{}", ("--header", "nonsense"), "--header: 'nonsense' is no header"),
        (b"{}", ("--file", "/nowhere/events.json"), "/nowhere/events.json: cannot be read"),
    ],
)
def test_what_cannot_be_published_is_said_and_nothing_is_sent(produced, control, stdin, options, said) -> None:
    done = produced(stdin, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert control.asked == []
