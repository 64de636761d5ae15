"""A Node.js client, KafkaJS's, against this registry: Avro, JSON Schema and Protobuf in the wire format."""

import asyncio
import base64
import json
import os
import shutil
from pathlib import Path

import pytest
from platformdirs import user_cache_path

from sandbox.contracts.framing import unframe
from sandbox.registry.auth import BasicAuth

pytestmark = pytest.mark.node

CLIENT = "@kafkajs/confluent-schema-registry@4.1.0"
SCRIPT = Path(__file__).parent / "node" / "client.js"


async def output_of(*command, **options):
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, **options
    )
    out, error = await asyncio.wait_for(process.communicate(), 100)
    assert process.returncode == 0, error.decode()
    return out.decode()


@pytest.fixture
async def modules():
    """The folder of the client's packages, kept beside the other things that tests fetch."""
    cache = Path(os.environ.get("SANDBOX_CACHE_DIR") or user_cache_path("butterfly-sandbox")) / "test-node"
    npm = shutil.which("npm")
    assert npm, "this test needs npm, which brings the client"
    if not (cache / "node_modules" / "@kafkajs" / "confluent-schema-registry" / "package.json").is_file():
        cache.mkdir(parents=True, exist_ok=True)
        await output_of(npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(cache), CLIENT)
    return cache / "node_modules"


async def test_a_node_client_registers_writes_and_reads_every_type(start, node, modules):
    api = await start(auth=BasicAuth({"ann": "secret"}))
    url = str(api.client.make_url("")).rstrip("/")
    told = await output_of(*node, str(SCRIPT), url, env={**os.environ, "NODE_PATH": str(modules)})
    found = json.loads(told)
    values = {
        "AVRO": {"id": "é", "price": 1.5},
        "JSON": {"amount": 3},
        "PROTOBUF": {"name": "é", "count": 2},
    }
    for number, (type_, value) in enumerate(values.items(), 1):
        written = found["written"][type_]
        assert (written["id"], written["latest"], written["found"]) == (number, number, number)
        assert unframe(base64.b64decode(written["data"]))[0] == number
        assert written["read"] == value
    assert found["incompatible"][1] == 409
    assert found["stranger"][1] == 401
    auth = {"Authorization": f"Basic {base64.b64encode(b'ann:secret').decode()}"}
    assert await api.get("/subjects", headers=auth) == (200, ["events/é-value", "lines-value", "orders-value"])
