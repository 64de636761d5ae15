"""Java Avro itself as the judge, and a Java client in the wire format of Confluent's serializers."""

import base64
import io
import json
import random
from pathlib import Path

import fastavro
import pytest

from sandbox.contracts.catalog import Contracts
from sandbox.contracts.framing import frame, unframe
from sandbox.registry.avro.compatibility import check_reader
from sandbox.registry.avro.parser import InvalidAvro, parse
from sandbox.registry.avro.printer import canonical_text

pytestmark = pytest.mark.java

SOURCES = Path(__file__).parent / "java"
JARS = (
    ("org.apache.avro", "avro", "1.12.0"),
    ("com.fasterxml.jackson.core", "jackson-core", "2.17.2"),
    ("com.fasterxml.jackson.core", "jackson-databind", "2.17.2"),
    ("com.fasterxml.jackson.core", "jackson-annotations", "2.17.2"),
    ("org.apache.commons", "commons-compress", "1.26.2"),
    ("org.slf4j", "slf4j-api", "2.0.16"),
    ("org.slf4j", "slf4j-nop", "2.0.16"),
)


@pytest.fixture
def classpath(compiled):
    return compiled(SOURCES, JARS)


async def ask(java, classpath, questions):
    told = "\n".join(json.dumps(each) for each in questions) + "\n"
    return [json.loads(line) for line in await java(classpath, "Oracle", told=told)]


class Chance:
    """Random schemas, with everything that Avro's JSON may say, and changes to them."""

    PLAIN = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
    EXTRA = ("p", "logicalType", "precision", "connect.name", "default", "order")
    VALUES = ("x", 1, 1.5, 1e-7, 123456789.25, True, None, {"b": 1, "a": [1, {"z": 2}]}, "decimal")
    DEFAULTS = {
        "null": None, "boolean": True, "int": 7, "long": 2**40, "float": 1e10, "double": 0.00099, "bytes": "\u00ff",
        "string": 'é"\\\n', "array": [], "map": {}, "enum": "A", "record": {},
    }  # fmt: skip

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.names = []
        self.count = 0

    def often(self, share):
        return self.random.random() < share

    def type(self, depth=0):
        kind = self.random.random()
        if depth > 3 or kind < 0.35:
            if self.names and self.often(0.15):
                return self.random.choice(self.names)
            plain = self.random.choice(self.PLAIN)
            return {"type": plain, **self.extra()} if self.often(0.2) else plain
        if kind < 0.45:
            return {"type": "array", "items": self.type(depth + 1), **self.extra()}
        if kind < 0.55:
            return {"type": "map", "values": self.type(depth + 1), **self.extra()}
        if kind < 0.7:
            return [self.type(depth + 1) for _ in range(self.random.randint(0, 4))]
        return self.named(depth)

    def named(self, depth):
        kind = self.random.choice(["enum", "fixed", "record", "record", "record"])
        self.count += 1
        schema = {"type": kind, "name": f"{self.random.choice('ABC')}{self.count}"}
        if self.often(0.3):
            schema["namespace"] = self.random.choice(["a", "a.b", ""])
        if kind == "enum":
            schema["symbols"] = self.random.sample(["A", "B", "C", "D"], self.random.randint(1, 4))
            if self.often(0.3):
                schema["default"] = schema["symbols"][0]
        elif kind == "fixed":
            schema["size"] = self.random.choice([1, 2, 16])
        else:
            self.names.append(schema["name"])
            schema["fields"] = [self.field(number, depth) for number in range(self.random.randint(0, 4))]
        self.names.append(schema["name"])
        if self.often(0.2):
            schema["aliases"] = self.random.choice([["Q"], ["z.Q", "Y"], []])
        items = list({**schema, **{name: value for name, value in self.extra().items() if name != "default"}}.items())
        if self.often(0.3):
            self.random.shuffle(items)
        return dict(items)

    def field(self, number, depth):
        field = {"name": f"f{number}", "type": self.type(depth + 1)}
        kind = field["type"]
        kind = kind[0] if isinstance(kind, list) and kind else kind
        kind = kind.get("type") if isinstance(kind, dict) else kind
        if self.often(0.3) and isinstance(kind, str) and kind in self.DEFAULTS:
            field["default"] = self.DEFAULTS[kind]
        for name, value in (("doc", "d é"), ("order", "descending"), ("aliases", ["g"]), ("prop", {"z": 1, "a": 2})):
            if self.often(0.1):
                field[name] = value
        return field

    def extra(self):
        names = self.random.sample(self.EXTRA, self.random.choice([0, 0, 0, 1, 2]))
        return {name: self.random.choice(self.VALUES) for name in names}

    def changed(self, schema):
        if isinstance(schema, str):
            return self.random.choice(self.PLAIN) if schema in self.PLAIN and self.often(0.25) else schema
        if isinstance(schema, list):
            kept = [self.changed(each) for each in schema if self.often(0.9)]
            return [*kept, self.random.choice(self.PLAIN)] if self.often(0.15) else kept
        changed = dict(schema)
        if "fields" in changed:
            changed["fields"] = [
                {**each, "type": self.changed(each["type"])} for each in changed["fields"] if self.often(0.9)
            ]
            if self.often(0.2):
                changed["fields"].append({"name": "added", "type": self.random.choice(self.PLAIN)})
        for member in ("items", "values"):
            if member in changed and changed["type"] in ("array", "map"):
                changed[member] = self.changed(changed[member])
        if changed["type"] == "enum" and self.often(0.4):
            changed["symbols"] = [*changed["symbols"][1:], "E"]
            changed.pop("default", None)
        if changed["type"] == "fixed" and self.often(0.3):
            changed["size"] = 3
        return changed


def printed(text):
    try:
        return canonical_text(parse(text))
    except InvalidAvro:
        return None


async def test_java_avro_prints_and_refuses_the_same_schemas(classpath, java):
    chance = Chance(11)
    texts = []
    for _ in range(1_500):
        chance.names.clear()
        texts.append(json.dumps(chance.type()))
    answers = await ask(java, classpath, [{"schema": text} for text in texts])
    valid = 0
    for text, answer in zip(texts, answers, strict=True):
        ours = printed(text)
        assert ours == answer.get("text"), (text, answer)
        valid += ours is not None
    assert valid > 700


async def test_java_avro_finds_the_same_incompatibilities(classpath, java):
    chance = Chance(12)
    pairs = []
    while len(pairs) < 2_000:
        chance.names.clear()
        schema = chance.type()
        texts = [json.dumps(schema), json.dumps(chance.changed(schema))]
        if all(printed(text) for text in texts):
            pairs += [texts, texts[::-1]]
    answers = await ask(java, classpath, [{"reader": reader, "writer": writer} for reader, writer in pairs])
    incompatible = 0
    for (reader, writer), answer in zip(pairs, answers, strict=True):
        found = check_reader(parse(reader, validate_defaults=False), parse(writer, validate_defaults=False))
        ours = [[each.kind, each.path, each.detail] for each in found]
        if "matches multiple fields" in answer.get("error", ""):
            assert ours
        else:
            assert ours == answer["found"], (reader, writer)
        incompatible += bool(ours)
    assert incompatible > 300


async def test_a_java_client_writes_what_is_read_here_and_reads_what_is_written_here(api, classpath, java):
    url = str(api.client.make_url("")).rstrip("/")
    schema = Contracts.load().schemas["CapsuleSnapshot"]
    fields = {field["name"]: field["type"] for field in schema["fields"]}
    value = {
        name: 60 if type_ in ("int", "long") or isinstance(type_, dict) else f"{name}-é"
        for name, type_ in fields.items()
    }
    (written,) = await java(
        classpath, "WireClient", "write", url, "capsule snapshots/é", json.dumps(schema), json.dumps(value)
    )
    schema_id, body = unframe(base64.b64decode(written))
    assert await api.get("/subjects") == (200, ["capsule snapshots/é"])
    _, answer = await api.get(f"/schemas/ids/{schema_id}")
    parsed = fastavro.parse_schema(json.loads(answer["schema"]))
    read = fastavro.schemaless_reader(io.BytesIO(bytes(body)), parsed, None)
    assert read.keys() == value.keys()

    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed, read)
    framed = base64.b64encode(frame(schema_id, out.getvalue())).decode()
    (shown,) = await java(classpath, "WireClient", "read", url, framed)
    assert json.loads(shown)["capsule_id"] == "capsule_id-é"
