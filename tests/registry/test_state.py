import json

import pytest

from sandbox.registry.definition import Definition, Reference
from sandbox.registry.ports import LogRecord
from sandbox.registry.records import Poisoned, SchemaValue, base_header, schema_key, subject_key, subject_value
from sandbox.registry.state import RegistryState


class Script:
    """Applies records one after the other, each with the next offset."""

    def __init__(self):
        self.state = RegistryState()
        self.records = []

    def put(self, subject, version, id_, text='"int"', *, base=None, deleted=False, references=()):
        value = SchemaValue(subject, version, id_, Definition("AVRO", text, tuple(references)), deleted)
        return self.apply(schema_key(subject, version), value.encode(), base)

    def remove(self, subject, version, *, base=None):
        return self.apply(schema_key(subject, version), None, base)

    def apply(self, key, value, base=None):
        headers = () if base is None else base_header(base)
        record = LogRecord(len(self.records), key, value, headers, 1_000 + len(self.records))
        self.records.append(record)
        return self.state.apply(record)

    def held(self):
        return picture(self.state)


def picture(state):
    return {
        (version.subject, version.number): (version.schema.id, version.schema.definition.text, version.deleted)
        for version in state.every_version()
    }


@pytest.fixture
def script():
    return Script()


def test_records_of_another_registry_are_read(script):
    key = b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}'
    value = {
        "subject": "s", "version": 1, "id": 4, "md5": "x", "schemaType": "PROTOBUF", "ts": 1, "offset": 3,
        "references": [{"name": "o.proto", "subject": "o", "version": 2}], "schema": "text", "deleted": False,
    }  # fmt: skip
    assert script.apply(key, json.dumps(value).encode()) is None
    version = script.state.version("s", 1)
    assert version.schema.definition == Definition("PROTOBUF", "text", (Reference("o.proto", "o", 2),))
    assert version.timestamp_ms == 1_000


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, b"{}"),
        (b"not json", b"{}"),
        (b"[]", b"{}"),
        (b"{}", b"{}"),
        (b"\xff\xfe", b"{}"),
        (b"[" * 100_000, b"{}"),
        (b'{"keytype":"STRANGE","magic":0}', b"{}"),
        (b'{"keytype":"SCHEMA","magic":1}', b"{}"),
        (b'{"keytype":"SCHEMA","subject":"s","version":"1","magic":1}', b"{}"),
        (b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', b"not json"),
        (b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', b"{}"),
        (
            b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
            b'{"subject":"s","version":1,"id":0,"schema":"x"}',
        ),
        (
            b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
            b'{"subject":"other","version":1,"id":1,"schema":"x"}',
        ),
        (
            b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
            b'{"subject":"s","version":1,"id":1,"schema":"x","references":[{"name":"n"}]}',
        ),
        (b'{"keytype":"MODE","subject":"s","magic":0}', b'{"mode":7}'),
        (b'{"keytype":"CONFIG","subject":5,"magic":0}', b"{}"),
        (b'{"keytype":"CONFIG","subject":"s","magic":0}', b'{"compatibilityLevel":[]}'),
        (b'{"keytype":"SCHEMA","subject":"t","version":true,"magic":1}', None),
        (
            b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
            b'{"subject":"s","version":1,"id":1,"schema":"x","metadata":{"properties":[]}}',
        ),
        (b'{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}', b'{"subject":"s"}'),
    ],
)
def test_a_record_that_is_none_of_the_registrys_is_poisoned_and_changes_nothing(script, key, value):
    script.put("t", 1, 1)
    before = script.held()
    with pytest.raises(Poisoned):
        script.apply(key, value)
    assert script.held() == before
    assert script.state.position == 2
    script.put("t", 2, 2, '"long"')
    assert len(script.held()) == 2


def test_noop_and_context_records_change_nothing(script):
    assert script.apply(b'{"keytype":"NOOP","magic":0}', None) is None
    assert script.apply(b'{"keytype":"CONTEXT","tenant":"default","context":".a","magic":0}', b"{}") is None
    assert script.held() == {}


@pytest.mark.parametrize(("scope", "left"), [(None, {"t"}), ("s", {"t", ":.dev:s"}), (":.dev:", {"t", "s"})])
def test_a_cleared_subject_loses_what_is_soft_deleted(script, scope, left):
    for number, subject in enumerate(("s", "t", ":.dev:s"), 1):
        script.put(subject, 1, number, f'"type{number}"', deleted=subject != "t")
    value = json.dumps({"subject": scope}).encode()
    assert script.apply(subject_key("CLEAR_SUBJECT", scope), value) is None
    assert {subject for subject, _ in script.held()} == left
    assert script.put("s", 1, 9, '"new"', base=0) == (
        None if scope == ":.dev:" else "the version was written by another instance"
    )
    assert script.apply(subject_key("CLEAR_SUBJECT", None), None) is None


def test_an_id_belongs_to_the_first_that_claimed_it(script):
    script.put("a", 1, 5, '"int"', base=-1)
    assert "id 5 belongs to another schema" in script.put("b", 1, 5, '"long"', base=-1)
    assert script.held() == {("a", 1): (5, '"int"', False)}
    assert script.state.unrepaired == {("b", 1): 1}
    assert script.put("b", 1, 6, '"long"', base=1) is None
    assert script.state.unrepaired == {}


def test_the_same_id_for_the_same_schema_is_no_conflict(script):
    assert script.put("a", 1, 5, '"int"', base=-1) is None
    assert script.put("b", 1, 5, '"int"', base=-1) is None
    assert script.state.context(".").by_id[5].uses == [("a", 1), ("b", 1)]


def test_a_schema_keeps_the_id_it_got_first(script):
    script.put("a", 1, 5, '"int"', base=-1)
    assert "the schema has id 5" in script.put("b", 1, 6, '"int"', base=-1)
    assert script.put("b", 1, 5, '"int"', base=1) is None
    assert sorted(script.state.context(".").by_id) == [5]


def test_a_version_belongs_to_the_first_that_wrote_it(script):
    script.put("a", 1, 1, '"int"', base=-1)
    assert "another instance" in script.put("a", 1, 2, '"long"', base=-1)
    assert script.held() == {("a", 1): (1, '"int"', False)}


def test_two_that_wrote_the_same_both_got_it(script):
    script.put("a", 1, 1, '"int"', base=-1)
    script.put("a", 1, 1, '"int"', base=-1)
    assert script.state.unrepaired == {}
    assert script.held() == {("a", 1): (1, '"int"', False)}


def test_a_stale_tombstone_or_update_loses(script):
    script.put("a", 1, 1, '"int"', base=-1)
    script.put("a", 1, 1, '"int"', base=0, deleted=True)
    assert script.remove("a", 1, base=0) is not None
    assert script.put("a", 1, 1, '"int"', base=0) is not None
    assert script.held() == {("a", 1): (1, '"int"', True)}
    assert script.remove("a", 1, base=1) is None
    assert script.put("a", 1, 1, '"int"', base=1) is not None
    assert script.held() == {}


def test_records_without_a_base_come_from_registries_with_a_leader_and_count(script):
    script.put("a", 1, 1, '"int"')
    assert script.put("a", 1, 2, '"long"') is None
    assert script.held() == {("a", 1): (2, '"long"', False)}
    assert sorted(script.state.context(".").by_id) == [2]


@pytest.mark.parametrize("cut", range(8))
def test_a_repaired_conflict_survives_compaction(cut):
    """Whatever prefix of the log is compacted, the state is that of those who saw every record."""
    script = Script()
    script.put("a", 1, 1, '"int"', base=-1)
    script.put("a", 1, 2, '"long"', base=-1)  # loses the version
    script.put("a", 1, 1, '"int"', base=1)  # its repair
    script.put("b", 1, 1, '"string"', base=-1)  # loses the id
    script.put("b", 1, 3, '"string"', base=3)  # wins with another
    script.put("a", 1, 1, '"int"', base=2, deleted=True)
    script.remove("a", 1, base=5)
    script.put("c", 1, 4, '"int"', base=-1)
    expected = script.held()
    head, tail = script.records[:cut], script.records[cut:]
    newest = {record.key: record.offset for record in script.records}
    later = RegistryState()
    for record in [each for each in head if newest[each.key] == each.offset] + tail:
        later.apply(record)
    assert picture(later) == expected


def test_deleting_a_subject_hides_the_versions_up_to_the_one_named(script):
    script.put("a", 1, 1, '"int"')
    script.put("a", 2, 2, '"long"')
    script.put("a", 3, 3, '"string"')
    script.apply(subject_key("DELETE_SUBJECT", "a"), subject_value("a", {"version": 2}))
    assert [version.number for version in script.state.versions("a")] == [3]
    assert [version.number for version in script.state.versions("a", deleted=True)] == [1, 2, 3]


def test_the_highest_id_is_remembered_even_if_its_schema_is_gone(script):
    script.put("a", 1, 9, '"int"')
    script.remove("a", 1)
    assert script.state.context(".").max_id == 9
    assert script.state.context(".").by_id == {}


def test_offsets_seen_before_are_ignored(script):
    script.put("a", 1, 1, '"int"')
    script.put("a", 2, 2, '"long"')
    assert script.state.apply(script.records[0]) is None
    assert len(script.held()) == 2
    assert script.state.position == 2


def test_references_are_counted_while_their_holder_is_there(script):
    script.put("base", 1, 1, '"int"')
    script.put("user", 1, 2, '"long"', references=[Reference("n", "base", 1)])
    assert script.state.referrers == {("base", 1): {("user", 1)}}
    script.remove("user", 1)
    assert script.state.referrers == {}


def test_keys_and_values_have_confluents_form():
    assert schema_key("a/b", 2) == b'{"keytype":"SCHEMA","subject":"a/b","version":2,"magic":1}'
    assert subject_key("CONFIG", None) == b'{"keytype":"CONFIG","subject":null,"magic":0}'
    assert subject_key("MODE", "s") == b'{"keytype":"MODE","subject":"s","magic":0}'
    assert subject_key("DELETE_SUBJECT", "s") == b'{"keytype":"DELETE_SUBJECT","subject":"s","magic":0}'
    plain = SchemaValue("s", 1, 3, Definition("AVRO", '"int"'))
    assert plain.encode() == b'{"subject":"s","version":1,"id":3,"schema":"\\"int\\"","deleted":false}'
    full = SchemaValue("s", 1, 3, Definition("JSON", "{}", (Reference("r", "t", 2),), {"properties": {"a": "b"}}), True)
    assert full.encode() == (
        b'{"subject":"s","version":1,"id":3,"schemaType":"JSON","references":[{"name":"r","subject":"t","version":2}],'
        b'"metadata":{"properties":{"a":"b"}},"schema":"{}","deleted":true}'
    )
    assert subject_value("s", {"version": 2}) == b'{"subject":"s","version":2}'


def test_versions_are_in_order_whatever_the_order_of_the_log(script):
    for number in (5, 2, 9, 1):
        script.put("s", number, number, f'"type{number}"')
    assert [each.number for each in script.state.versions("s")] == [1, 2, 5, 9]
    script.put("s", 9, 9, '"type9"', deleted=True)
    assert script.state.latest("s").number == 5
